import { once } from 'node:events';
import net from 'node:net';

/**
 * @typedef {object} HttpResponse
 * @property {number} status
 * @property {string} head the header lines
 * @property {string} text
 * @property {any} body of JSON; undefined where it is empty
 */

/**
 * One kept-alive HTTP/1.1 connection, one call at a time. It does as little as possible, because the server shares the
 * machine with the load generator.
 */
export class Connection {
  /** @type {net.Socket | undefined} */
  #socket;
  /** Time of the last response; a connection without one is as good as new. */
  #usedAt = Infinity;
  #pending = /** @type {Buffer | undefined} */ (undefined);
  #waiting = /** @type {{ resolve: (answer: HttpResponse) => void, reject: (error: Error) => void } | undefined} */ (
    undefined
  );

  /**
   * @param {string} url of the server
   * @param {Record<string, string>} [always] headers of each call
   */
  constructor(url, always = {}) {
    this.always = Object.entries(always)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    const { hostname, port, host } = new URL(url);
    this.address = { host: hostname, port: Number(port) };
    this.host = host;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Record<string, string>} [headers]
   * @param {unknown} [json] a body; a string is sent as it is
   * @returns {Promise<HttpResponse>}
   */
  call(method, path, headers = {}, json) {
    let head = `${method} ${path} HTTP/1.1\r\nHost: ${this.host}\r\n${this.always}`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    const body = json === undefined ? '' : typeof json === 'string' ? json : JSON.stringify(json);
    if (json !== undefined && typeof json !== 'string') head += 'Content-Type: application/json\r\n';
    if (method !== 'GET') head += `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    return new Promise((resolve, reject) => {
      if (this.#waiting) throw new Error('one call at a time');
      // Node's servers close a connection after 5 s of silence, perhaps just as the next call goes out
      if (performance.now() - this.#usedAt > 4_000) this.close();
      const answered = (response) => {
        this.#usedAt = performance.now();
        resolve(response);
      };
      this.#waiting = { resolve: answered, reject };
      this.#socket ??= this.#connect();
      this.#socket.write(`${head}\r\n${body}`);
    });
  }

  /** Connects without a call, so that many connections can be made gradually. */
  async open() {
    this.#socket ??= this.#connect();
    await once(this.#socket, 'connect');
  }

  /** Closes the connection. A call in flight is never answered. */
  close() {
    this.#waiting = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #connect() {
    const socket = net.connect({ ...this.address, noDelay: true });
    socket.on('data', (chunk) => {
      this.#pending = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
      this.#read();
    });
    const lost = (/** @type {Error} */ error) => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#pending = undefined;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.reject(error);
    };
    socket.on('error', lost);
    socket.on('close', () => lost(new Error('the server closed the connection')));
    return socket;
  }

  #read() {
    const buffer = /** @type {Buffer} */ (this.#pending);
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = buffer.latin1Slice(0, end);
    const text = bodyOf(head, buffer, end + 4);
    if (text === undefined) return;
    this.#pending = undefined;
    if (/\r\nconnection: close/i.test(head)) this.#forget();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({
      status: Number(head.slice(9, 12)),
      head,
      text,
      get body() {
        return text === '' ? undefined : JSON.parse(text);
      },
    });
  }

  #forget() {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

/** @returns {string | undefined} nothing while some of it is still on the way */
function bodyOf(head, buffer, start) {
  if (/\r\ntransfer-encoding: chunked/i.test(head)) return dechunked(buffer, start);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  return buffer.length >= start + length ? buffer.utf8Slice(start, start + length) : undefined;
}

function dechunked(buffer, start) {
  const parts = [];
  for (let at = start; ;) {
    const line = buffer.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const length = Number.parseInt(buffer.latin1Slice(at, line), 16);
    if (buffer.length < line + 2 + length + 2) return undefined;
    if (length === 0) return Buffer.concat(parts).toString();
    parts.push(buffer.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}

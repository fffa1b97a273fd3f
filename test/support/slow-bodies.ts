import { once } from 'node:events';
import net from 'node:net';
import { randomUUID } from 'node:crypto';

/** Clients that announce a body, send half of it, and then pause. They open tickets. */
export class SlowBodies {
  private readonly callers: { socket: net.Socket; rest: string; status: Promise<number> }[] = [];

  constructor(private readonly url: string) {}

  open(count: number): void {
    const { hostname, port, host } = new URL(this.url);
    for (let nth = 0; nth < count; nth++) {
      const body = JSON.stringify({ device: { id: randomUUID(), type: 'web' } });
      const socket = net.connect(Number(port), hostname).on('error', () => {});
      const status = new Promise<number>((resolve) => {
        socket.once('data', (bytes) => resolve(Number(bytes.toString().slice(9, 12))));
        socket.once('close', () => resolve(0));
      });
      const head = `POST /v1/tickets HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
      socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
      this.callers.push({ socket, rest: body.slice(10), status });
    }
  }

  /** Resolves when all are connected. */
  async begun(): Promise<void> {
    for (const { socket } of this.callers) if (socket.connecting) await once(socket, 'connect');
  }

  /** Sends the other half. */
  finish(): void {
    for (const { socket, rest } of this.callers) socket.write(rest);
  }

  hangUp(): void {
    for (const { socket } of this.callers) socket.destroy();
  }

  /** The status that each got; 0 for a connection that ended without a response. */
  statuses(): Promise<number[]> {
    return Promise.all(this.callers.map(({ status }) => status));
  }
}

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Phone, Screen, signedInPhone, signedInScreen, type Tokens } from '../support/actors.js';
import { TEST_SECRET } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { call } from '../support/http.js';
import { waitedOn } from '../support/metrics.js';
import { hasNginx, type Nginx, startNginx } from '../support/nginx.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

/** A stand-in for the proxy that ends TLS, with a loopback address of its own. */
const FRONT_PROXY = '127.0.0.3';

/** deploy/nginx, run by a real nginx in front of two real instances. */
describe.runIf(hasNginx)('the proxy', () => {
  let instances: ServerProcess[];
  let proxy: Nginx;
  let phone: Phone;
  /** A poll of a ticket that does not change: it is held while the other tests run. */
  let held: ReturnType<Screen['poll']>;

  beforeAll(async () => {
    const environment = {
      DATABASE_URL: await createDatabase(),
      APP_SECRET: TEST_SECRET,
      TRUST_PROXY: `127.0.0.1,${FRONT_PROXY}`,
    };
    instances = await Promise.all([startServerProcess(environment), startServerProcess(environment)]);
    proxy = await startNginx(
      instances.map(({ url }) => Number(new URL(url).port)),
      FRONT_PROXY,
    );
    phone = await signedInPhone(proxy.url);
    const idle = new Screen(proxy.url);
    await idle.open();
    held = idle.poll('pending');
    held.catch(() => {}); // asserted by the test that needs it
  });
  afterAll(async () => {
    await proxy.stop();
    await Promise.all(instances.map((instance) => instance.stop()));
  });

  /** Tickets with a waiter, at both instances together. */
  async function waitedOnAtBoth(): Promise<number> {
    const counts = await Promise.all(instances.map(({ url }) => waitedOn(url)));
    return counts.reduce((sum, count) => sum + count);
  }

  it('carries a whole login, and wakes a held poll', async () => {
    const screen = new Screen(proxy.url);
    await screen.open();
    const waiting = screen.poll('pending');
    await phone.scan(screen);
    expect((await waiting).body).toMatchObject({ code: 201, account: { displayName: 'Ada Lovelace' } });
    const decided = screen.poll('scanned');
    await phone.confirm(screen);
    expect((await decided).body.code).toBe(200);
    expect((await screen.redeem()).status).toBe(200);
    expect((await screen.account()).status).toBe(200);
  });

  it('hands on each event when it happens', async () => {
    const screen = new Screen(proxy.url);
    await screen.open();
    const headers = { 'x-ticket-secret': screen.secret };
    const stream = await fetch(`${proxy.url}/v1/tickets/${screen.uuid}/events`, { headers });
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const heard = async (event: string) => {
      while (!text.includes(`event: ${event}\n`)) {
        const { value, done } = await reader.read();
        expect(done, `ended before "${event}"`).toBe(false);
        text += value;
      }
    };
    await heard('pending');
    await phone.scan(screen);
    await heard('scanned');
    await phone.deny(screen);
    await heard('denied');
  });

  it('serves the page and the picture that a phone and a screen request', async () => {
    const screen = new Screen(proxy.url);
    await screen.open();
    const page = await call('GET', `${proxy.url}/l/${screen.uuid}`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    const picture = await call('GET', `${proxy.url}/v1/tickets/${screen.uuid}/qr.svg`);
    expect(picture.body).toContain('<svg');
    expect(page.headers.get('server')).toBe('nginx');
  });

  /** The address of a session that signs in from here with these headers, as the account sees it. */
  async function shownAddress(localAddress: string, headers: Record<string, string>): Promise<string> {
    const request = http.request(`${proxy.url}/v1/sessions`, {
      method: 'POST',
      localAddress,
      headers: { 'content-type': 'application/json', ...headers },
    });
    const device = { id: 'tv-1', type: 'tv' };
    request.end(JSON.stringify({ username: phone.username, password: PASSWORD, device }));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const { session } = JSON.parse((await response.toArray()).join('')) as Tokens;
    const { sessions } = (await phone.sessions()).body;
    return sessions.find(({ id }) => id === session.id)!.ip;
  }

  describe.runIf(process.platform === 'linux')("the client's address", () => {
    it('is told by the connection, and not by a client that calls nginx itself', async () => {
      const forged = { 'x-forwarded-for': `203.0.113.9, ${FRONT_PROXY}, 127.0.0.1`, forwarded: 'for=203.0.113.9' };
      expect(await shownAddress('127.0.0.2', forged)).toBe('127.0.0.2');
      expect(await shownAddress('127.0.0.2', { ...forged, 'x-forwarded-for': '203.0.113.9' })).toBe('127.0.0.2');
    });

    it('is told by the proxy in front, for each of its clients', async () => {
      for (const client of ['198.51.100.7', '198.51.100.8', '2001:db8::7']) {
        expect(await shownAddress(FRONT_PROXY, { 'x-forwarded-for': client })).toBe(client);
      }
      // some proxies add the port
      expect(await shownAddress(FRONT_PROXY, { 'x-forwarded-for': '198.51.100.7:4711' })).toBe('198.51.100.7');
    });

    it('is the last address that the proxy in front has added, whatever its client claimed before', async () => {
      const chain = { 'x-forwarded-for': `203.0.113.9, 127.0.0.1, ${FRONT_PROXY}, 198.51.100.7` };
      expect(await shownAddress(FRONT_PROXY, chain)).toBe('198.51.100.7');
    });
  });

  it('tells the instance at once that a screen has hung up', async () => {
    const screens = Array.from({ length: 10 }, () => new Screen(proxy.url));
    await Promise.all(screens.map((screen) => screen.open()));
    const hangUp = new AbortController();
    const polls = Promise.allSettled(screens.map((screen) => screen.poll('pending', { signal: hangUp.signal })));
    await expect.poll(waitedOnAtBoth, { timeout: 10_000 }).toBeGreaterThanOrEqual(10);
    hangUp.abort();
    // well before the 25 s for which they would be held; the poll of the first test stays
    await expect.poll(waitedOnAtBoth, { timeout: 10_000 }).toBeLessThanOrEqual(1);
    expect((await polls).map(({ status }) => status)).toEqual(screens.map(() => 'rejected'));
  });

  it('keeps the metrics to the operators of the instances, however they are requested', async () => {
    for (const { url } of instances) expect((await call('GET', `${url}/metrics`)).status).toBe(200);
    const spellings = ['/metrics', '/metrics?x', '/metrics/', '//metrics', '/%6detrics', '/x/../metrics', '/metrics;x'];
    for (const target of spellings) {
      const response = await rawGet(target, {});
      expect(response.status, target).toBe(404);
      expect(response.text, target).not.toContain('nodejs_');
    }
  });

  it("refuses what the instances would hang up on, with an instance's problem", async () => {
    const large = await call('POST', `${proxy.url}/v1/tickets`, { json: { device: 'x'.repeat(16 * 1024) } });
    expect(large).toMatchObject({ status: 413, body: { code: 'payload_too_large', status: 413 } });
    expect(large.headers.get('content-type')).toContain('application/problem+json');
    const headers = Object.fromEntries(['a', 'b', 'c'].map((name) => [`x-${name}`, 'x'.repeat(5_900)]));
    const { status, text } = await rawGet('/livez', headers);
    expect(status).toBe(431);
    expect(JSON.parse(text)).toMatchObject({ code: 'headers_too_large', status: 431 });
  });

  it("does not take an instance out of service because of one client's failures", async () => {
    const { port } = proxy;
    const head = 'Host: x\r\nConnection: close\r\n';
    const json = `${head}Content-Type: application/json\r\n`;
    const long = 'x'.repeat(5_900);
    const nasty = [
      `POST /v1/tickets HTTP/1.1\r\n${json}Content-Length: 5\r\n\r\n{{{{{`,
      `POST /v1/tickets HTTP/1.1\r\n${json}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `POST /v1/tickets HTTP/1.1\r\n${json}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST /v1/tickets HTTP/1.1\r\n${json}Content-Length: 500000\r\n\r\n${'x'.repeat(500_000)}`,
      `GET /livez HTTP/1.1\r\n${head}X-A: ${long}\r\nX-B: ${long}\r\n\r\n`,
      `GET /livez HTTP/1.1\r\n${head}${`X-A: ${long}\r\n`.repeat(5)}\r\n`,
      `GET /${long} HTTP/1.1\r\n${head}X-A: ${long}\r\n\r\n`,
      `GET /nothing-there HTTP/1.1\r\n${head}\r\n`,
      `BREW /livez HTTP/1.1\r\n${head}\r\n`,
      `CONNECT /livez HTTP/1.1\r\n${head}\r\n`,
      `GET /livez HTTP/1.1\r\n${head}Upgrade: websocket\r\nExpect: 100-continue\r\n\r\n`,
      `GET /livez HTTP/1.1\r\n${head}X-A: \u0001\u0002\r\n\r\n`,
      `GET /livez HTTP/1.1\r\n${head}${'X-A: x\r\n'.repeat(1_500)}\r\n`,
      `GET /livez HTTP/1.0\r\n\r\n`,
    ];
    for (const text of nasty) await Promise.all(Array.from({ length: 8 }, () => sendRaw(port, text)));
    const responses = await Promise.all(Array.from({ length: 20 }, () => call('GET', `${proxy.url}/readyz`)));
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200));
    expect(proxy.errors()).not.toMatch(/no live upstreams|prematurely closed|upstream server temporarily disabled/);
  });

  it('lets a poll be held for as long as the instance holds it', { timeout: 60_000 }, async () => {
    const { status, body, ms } = await held;
    expect({ status, code: body.code }).toEqual({ status: 200, code: 408 });
    expect(ms).toBeGreaterThan(24_900);
  });

  // these two end instances, so they come last
  it('uses the other instance when one is about to leave', async () => {
    const [leaving, staying] = instances as [ServerProcess, ServerProcess];
    const busy = await heldOpen(leaving);
    const stopped = leaving.stop('SIGTERM');
    await expect.poll(async () => (await call('GET', `${leaving.url}/readyz`)).status).toBe(503);
    const refusals = () => leaving.output().split('"code":"unavailable"').length - 1;
    const before = refusals();
    const screen = await signedInScreen(proxy.url, phone);
    expect((await screen.refresh()).status).toBe(200);
    for (let nth = 0; nth < 10; nth += 1) expect((await call('GET', `${proxy.url}/readyz`)).status).toBe(200);
    // the leaving instance was asked, and its clients did not notice
    await expect.poll(refusals).toBeGreaterThan(before);
    busy.destroy();
    expect(await stopped).toBe(0);
    expect((await signedInScreen(proxy.url, phone)).tokens).toBeDefined();
    expect(staying.child.exitCode).toBeNull();
  });

  it("answers with an instance's problem when no instance is up", async () => {
    await instances[1]!.stop();
    const response = await new Screen(proxy.url).open();
    expect(response).toMatchObject({ status: 503, body: { code: 'unavailable', status: 503 } });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  /** Sends the request target as is. */
  async function rawGet(target: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const response = await sendRaw(
      proxy.port,
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines.join('')}\r\n`,
    );
    const [head, text = ''] = response.split('\r\n\r\n');
    return { status: Number(/^HTTP\/1.1 (\d+)/.exec(head!)?.[1]), text };
  }
});

/** Sends this text, which asks for the end of the connection. @returns what came back */
async function sendRaw(port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(text);
  let response = '';
  socket.on('data', (bytes) => (response += bytes.toString('latin1')));
  await once(socket, 'close');
  return response;
}

/** A call to this instance whose body does not come: it keeps the instance busy, so that it cannot leave yet. */
async function heldOpen({ url }: ServerProcess): Promise<net.Socket> {
  const { port } = new URL(url);
  const socket = net.connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    'POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n',
  );
  // "100 Continue": the head was read, and the server waits for the body
  await once(socket, 'data');
  return socket;
}

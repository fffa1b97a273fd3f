import { AccountNotices } from '@scan-login/nest/device-auth';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Phone, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';

const ENVIRONMENT = { SESSIONS_PER_DEVICE_TYPE: '0' };

let server: RunningApp;
/** Another instance on the same database. */
let other: RunningApp;
beforeAll(async () => {
  server = await startApp(ENVIRONMENT);
  other = await startApp({ ...ENVIRONMENT, DATABASE_URL: server.databaseUrl });
});
afterAll(async () => {
  for (const app of [server, other]) await listenersToBe(0, app);
  await other.close();
  await server.close();
});

const listenersToBe = (count: number, { app } = server) =>
  vi.waitFor(() => expect(app.get(AccountNotices).size).toBe(count), { interval: 5, timeout: 5000 });

interface Heard {
  event: string;
  data: any;
}

/** What a session hears from now on. */
async function listen(phone: Phone, url = server.url) {
  const hangingUp = new AbortController();
  onTestFinished(() => hangingUp.abort());
  const response = await fetch(`${url}/v1/account/notices`, {
    headers: { authorization: `Bearer ${phone.tokens!.accessToken}`, 'x-device-id': phone.id },
    signal: hangingUp.signal,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const lines = eventsIn(response.body!);
  return {
    next: async (): Promise<Heard | undefined> => (await lines.next()).value ?? undefined,
    hangUp: () => hangingUp.abort(),
  };
}

async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<Heard, undefined> {
  let text = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const fields = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const of = (name: string) => fields.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      if (of('event') !== undefined) yield { event: of('event')!, data: JSON.parse(of('data')!) };
    }
  }
  return undefined;
}

describe('notices', () => {
  it('tell a phone of a sign-in and of its end, within milliseconds, on every instance', async () => {
    const phone = await signedInPhone(server.url);
    for (const { url } of [server, other]) {
      const notices = await listen(phone, url);
      const screen = await signedInScreen(server.url, phone);
      const began = performance.now();
      const started = await notices.next();
      expect(performance.now() - began).toBeLessThan(1000);
      expect(started).toEqual({
        event: 'session_started',
        data: {
          id: screen.tokens!.session.id,
          current: false,
          device: { type: 'web', name: null, browser: null, os: null },
          ip: '127.0.0.1',
          createdAt: expect.any(String),
          lastSeenAt: expect.any(String),
          screenId: expect.any(String),
          isNew: true,
        },
      });
      const { screenId } = started!.data;
      expect((await phone.as('GET', '/v1/account/screens')).body.screens[0].id).toBe(screenId);
      await phone.as('DELETE', `/v1/sessions/${screen.tokens!.session.id}`);
      expect(await notices.next()).toEqual({
        event: 'session_ended',
        data: { id: screen.tokens!.session.id, reason: 'revoked' },
      });
      await phone.as('DELETE', `/v1/account/screens/${screenId}`);
      notices.hangUp();
    }
  });

  it('tell of a refusal on another phone, and not the phone that said it', async () => {
    const phone = await signedInPhone(server.url);
    const second = await signedInPhone(server.url, phone.username);
    const [first, own] = [await listen(phone), await listen(second)];
    const screen = new Screen(server.url);
    await screen.open();
    await second.scan(screen);
    await second.deny(screen, 'not_me');
    expect(await first.next()).toEqual({ event: 'ticket_refused', data: { sessionId: second.tokens!.session.id } });
    const tv = await signedInScreen(server.url, phone, 'tv');
    for (const notices of [first, own]) {
      expect(await notices.next()).toMatchObject({ event: 'session_started', data: { id: tv.tokens!.session.id } });
    }
  });

  it('are of the own account alone, and of what happens from then on', async () => {
    const [phone, stranger] = [await signedInPhone(server.url), await signedInPhone(server.url)];
    await signedInScreen(server.url, phone, 'tv');
    const notices = await listen(phone);
    await signedInScreen(server.url, stranger);
    const screen = await signedInScreen(server.url, phone);
    expect(await notices.next()).toMatchObject({ data: { id: screen.tokens!.session.id } });
  });

  it('end with the session that listens', async () => {
    const phone = await signedInPhone(server.url);
    const notices = await listen(phone, other.url);
    await phone.signOut();
    expect(await notices.next()).toBeUndefined();
    await listenersToBe(0, other);
  });

  it('tell a session nothing of the one that replaces it', async () => {
    const { url } = await startAppForTest({ SESSIONS_PER_DEVICE_TYPE: '1' });
    const phone = await signedInPhone(url);
    const notices = await listen(phone, url);
    await signedInPhone(url, phone.username);
    expect(await notices.next()).toBeUndefined();
  });

  it('leave nothing held when the client hangs up, and end when the server stops', async () => {
    const phone = await signedInPhone(server.url);
    const notices = await listen(phone);
    await listenersToBe(1);
    notices.hangUp();
    await listenersToBe(0);

    const stopping = await startAppForTest(ENVIRONMENT);
    const last = await listen(await signedInPhone(stopping.url), stopping.url);
    await stopping.app.close();
    expect(await last.next()).toBeUndefined();
  });

  it('need a session', async () => {
    expect((await fetch(`${server.url}/v1/account/notices`)).status).toBe(401);
  });
});

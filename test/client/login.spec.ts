import { deviceKey, screenLogin, session } from '@scan-login/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, register, rowOf } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest, TEST_SECRET } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { startServerProcess } from '../support/server-process.js';
import { next, signedInPhone, signIn } from './support/people.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ CONFIRM_CHALLENGE: 'number' });
});
afterAll(async () => {
  expect(app.bell.size).toBe(0);
  await app.close();
});

const refused = (code: string) => expect.objectContaining({ name: 'ScanLoginError', code });
/** A key on a device whose clock is an hour behind, until the server corrects it. */
const slow = async () => Object.assign((await deviceKey())!, { ahead: -3_600_000 });
const device = { type: 'web', name: 'Office PC' } as const;

describe.each(['poll', 'events'] as const)('a login with the client, by %s', (transport) => {
  it('shows who scans and the number, tells the phone which screen asks, and signs in', async () => {
    const phone = await signedInPhone(app.url);
    const steps = screenLogin({ server: app.url, device, transport });
    const { qrUrl, secondsLeft } = await next(steps, 'waiting');
    expect(secondsLeft()).toBeGreaterThan(100);

    const ticket = await phone.scan(qrUrl);
    expect(ticket.screen).toMatchObject({ type: 'web', name: 'Office PC', ip: '127.0.0.1' });
    expect(ticket.expiresIn).toBe(60);
    expect(ticket.requires.number).toBe(true);
    const { account, number } = await next(steps, 'scanned');
    expect(account).toMatchObject({ displayName: 'Ada Lovelace', avatarUrl: null });
    await expect(ticket.confirm(number === '11' ? '12' : '11')).rejects.toMatchObject({
      code: 'number_wrong',
      status: 403,
      triesLeft: 2,
      isPassing: false,
    });
    await ticket.confirm(number);

    await next(steps, 'confirmed');
    const signedIn = await next(steps, 'signed-in');
    expect((await steps.next()).done).toBe(true);
    const screen = session({ server: app.url });
    await screen.begin(signedIn);
    expect(await screen.account()).toMatchObject({
      id: phone.session.current!.account.id,
      displayName: 'Ada Lovelace',
    });
  });

  it('ends with a denial, on the phone and on the screen', async () => {
    const phone = await signedInPhone(app.url);
    const steps = screenLogin({ server: app.url, device, transport });
    const ticket = await phone.scan((await next(steps, 'waiting')).uuid);
    await next(steps, 'scanned');
    await ticket.deny('not_me');
    expect(await next(steps, 'over')).toEqual({ at: 'over', why: 'denied', reason: 'not_me', renewing: false });
  });

  it('cancels its ticket on the server when it is aborted', async () => {
    const leaving = new AbortController();
    const steps = screenLogin({ server: app.url, device, transport, signal: leaving.signal });
    const ticket = await next(steps, 'waiting');
    const waiting = steps.next();
    leaving.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    expect(await rowOf(app.db, ticket)).toMatchObject({ status: 'cancelled' });
    await expect.poll(() => app.bell.size).toBe(0);
  });
});

describe('the client', () => {
  it('binds a session to a key that cannot be exported, on the screen and on the phone', async () => {
    const bound = await startAppForTest();
    const phoneKey = await deviceKey();
    const phone = await signedInPhone(bound.url, undefined, { key: phoneKey });
    const key = await deviceKey();
    const signedIn = await signIn(phone.session, { server: bound.url, device, key });
    expect(signedIn.tokens.tokenType).toBe('DPoP');
    const screen = session({ server: bound.url });
    await screen.begin(signedIn);
    expect(await screen.sessions()).toMatchObject([{ current: true, device: { name: 'Office PC' } }]);
    expect(await phone.session.sessions()).toHaveLength(2);

    const thief = session({ server: bound.url });
    await thief.begin({ ...signedIn, key: await deviceKey() });
    await expect(thief.account()).rejects.toMatchObject({ code: 'proof_invalid', status: 401 });
  });

  it('proves its key although its own clock is wrong by hours', async () => {
    const bound = await startAppForTest();
    const phone = await signedInPhone(bound.url, undefined, { key: await slow() });
    expect(await phone.session.account()).toMatchObject({ displayName: 'Ada Lovelace' });
    const signedIn = await signIn(phone.session, { server: bound.url, device, key: await slow() });
    expect(signedIn.tokens.tokenType).toBe('DPoP');
  });

  it('reports what a phone may not do, with the codes of the server', async () => {
    const steps = screenLogin({ server: app.url, device });
    const { qrUrl, uuid } = await next(steps, 'waiting');
    const first = await signedInPhone(app.url);
    const second = await signedInPhone(app.url);
    const desk = await signedInPhone(app.url, undefined, { device: { type: 'desktop' } });
    await expect(desk.scan(qrUrl)).rejects.toEqual(refused('device_not_allowed'));
    await first.scan(`  ${uuid.toUpperCase()} `);
    await expect(second.scan(qrUrl)).rejects.toEqual(refused('ticket_already_scanned'));
    await expect(first.scan('https://example.org/menu')).rejects.toEqual(refused('ticket_not_found'));
    await expect(first.session.register({ username: 'x', password: 'y' })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: expect.arrayContaining([expect.objectContaining({ pointer: '/password' })]),
    });
    await steps.return();
    expect(await rowOf(app.db, { uuid })).toMatchObject({ status: 'cancelled' });
  });

  it.each(['poll', 'events'] as const)(
    'goes on by %s after the server was restarted in the middle',
    async (transport) => {
      const environment = {
        DATABASE_URL: await createDatabase(),
        APP_SECRET: TEST_SECRET,
        PORT: String(await freePort()),
      };
      let server = await startServerProcess(environment);
      try {
        const phone = await signedInPhone(server.url);
        const steps = screenLogin({ server: server.url, device, transport });
        const { qrUrl } = await next(steps, 'waiting');
        const waiting = steps.next();
        await server.stop('SIGKILL');
        expect((await waiting).value).toMatchObject({ at: 'offline', error: { isPassing: true }, before: { qrUrl } });
        const back = steps.next();
        server = await startServerProcess(environment);
        expect((await back).value).toMatchObject({ at: 'waiting', qrUrl });
        const ticket = await phone.scan(qrUrl);
        let last;
        for await (const state of steps) {
          if (state.at === 'scanned') await ticket.confirm(state.number);
          last = state;
        }
        expect(last).toMatchObject({ at: 'signed-in' });
      } finally {
        await server.stop();
      }
    },
  );

  it('shows a new code by itself when one has expired', async () => {
    const short = await startAppForTest({ TICKET_LIFE: '1', POLL_HOLD: '2' });
    const steps = screenLogin({ server: short.url, device });
    const { uuid } = await next(steps, 'waiting');
    expect(await next(steps, 'over')).toMatchObject({ why: 'expired', renewing: true });
    expect((await next(steps, 'waiting')).uuid).not.toBe(uuid);
    await steps.return();
  });

  it('signs a device in with a password, and reports a wrong one', async () => {
    const username = await register(app.url);
    const own = session({ server: app.url, device: { type: 'desktop', name: 'Desk' } });
    await expect(own.signIn(username, 'wrong horse')).rejects.toMatchObject({ code: 'invalid_credentials' });
    await expect(own.account()).rejects.toMatchObject({ code: 'token_invalid', status: 401 });
    await own.signIn(username, PASSWORD);
    expect(await own.sessions()).toMatchObject([{ current: true, device: { type: 'desktop', name: 'Desk' } }]);
  });
});

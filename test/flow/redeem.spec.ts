import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { poolOf } from '@scan-login/nest/common';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type MockInstance, vi } from 'vitest';
import { letPass, type Phone, rowOf, type Screen, screenAt, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';

let server: RunningApp;
let phone: Phone;

beforeAll(async () => {
  server = await startApp();
  phone = await signedInPhone(server.url);
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

const isOver = { status: 409, body: { code: 'ticket_wrong_status', currentStatus: 'redeemed' } };
const deadToken = { status: 401, body: { code: 'token_invalid' } };

/** All sessions that this screen was given. */
function sessionsOf(screen: Screen): Promise<{ id: string; ended_at: Date | null; used_at: Date | null }[]> {
  return server.db.query('SELECT id, ended_at, used_at FROM sessions WHERE device_id = $1', [screen.id]);
}

/** A redeem whose response never arrives: the connection is cut at its first byte, or earlier. */
function loseResponse(screen: Screen, earlier?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const redeem = request(`${server.url}/v1/tickets/${screen.uuid}/redeem`, {
      method: 'POST',
      agent: false,
      headers: { 'x-ticket-secret': screen.secret, 'x-device-id': screen.id },
    });
    const cut = () => void redeem.destroy();
    redeem.on('close', resolve).on('error', () => {});
    redeem.on('response', cut).end();
    void earlier?.then(cut);
  });
}

/** Delays the next transaction of the server, as if no connection were free. @returns its end, once it has begun */
function delayNextTransaction(ms: number): () => Promise<unknown> | undefined {
  let end: Promise<unknown> | undefined;
  const pool = poolOf(server.db);
  const connect = pool.connect.bind(pool) as (...given: unknown[]) => Promise<PoolClient>;
  const spy = vi.spyOn(pool, 'connect') as unknown as MockInstance<typeof connect>;
  spy.mockImplementation((...given) => {
    // statements outside of a transaction pass a callback
    if (given.length > 0 || end) return connect(...given);
    const late = sleep(ms).then(() => connect());
    end = late.then(released);
    return late;
  });
  onTestFinished(() => spy.mockRestore());
  return () => end;
}

function released(client: PoolClient): Promise<void> {
  return new Promise((resolve) => {
    const release = client.release.bind(client);
    vi.spyOn(client, 'release').mockImplementationOnce((...given) => {
      release(...given);
      resolve();
    });
  });
}

describe('redeem, repeated', () => {
  it('gives the same session with fresh tokens, and the earlier refresh token is dead', async () => {
    const screen = await screenAt('redeemed', server, phone);
    const first = screen.tokens!;
    const again = await screen.redeem();
    expect(again).toMatchObject({ status: 200, body: { session: first.session, account: first.account } });
    expect(again.body.refreshToken).not.toBe(first.refreshToken);
    expect(again.body.accessToken).not.toBe(first.accessToken);
    expect(await sessionsOf(screen)).toEqual([{ id: first.session.id, ended_at: null, used_at: null }]);

    // the dead token ends nothing: it may be the one that was lost
    expect(await screen.refresh(first.refreshToken)).toMatchObject(deadToken);
    expect((await screen.account()).status).toBe(200);
    expect(await screen.refresh()).toMatchObject({ status: 200, body: { session: first.session } });
  });

  it('leaves its screen signed in when the response was cut off at its first byte', async () => {
    const screen = await screenAt('confirmed', server, phone);
    await loseResponse(screen);
    const { status, session_id: id } = (await rowOf(server.db, screen))!;
    expect(status).toBe('redeemed');
    expect(await screen.redeem()).toMatchObject({ status: 200, body: { session: { id } } });
    expect((await screen.account()).status).toBe(200);
    expect(await sessionsOf(screen)).toMatchObject([{ id, ended_at: null }]);
  });

  it('leaves its screen signed in once, at whatever moment the connection was cut', async () => {
    for (let round = 0; round < 40; round++) {
      const screen = await screenAt('confirmed', server, phone);
      await loseResponse(screen, sleep(Math.random() * 12));
      const { status, body } = await screen.redeem();
      expect(status).toBe(200);
      expect(await screen.refresh()).toMatchObject({ status: 200, body: { session: body.session } });
      expect(await sessionsOf(screen)).toMatchObject([{ id: body.session.id, ended_at: null }]);
    }
  });
});

describe('redeem, given up and repeated before it was handled', () => {
  it('leaves the screen with tokens that work: those of its last call', async () => {
    const screen = await screenAt('confirmed', server, phone);
    const endOfFirst = delayNextTransaction(100);
    await loseResponse(
      screen,
      vi.waitUntil(() => endOfFirst() !== undefined),
    );
    const { status, body } = await screen.redeem();
    expect(status).toBe(200);
    expect(endOfFirst()).toBeDefined();
    await Promise.allSettled([endOfFirst()]);
    expect(await sessionsOf(screen)).toMatchObject([{ id: body.session.id, ended_at: null }]);
    expect(await screen.refresh()).toMatchObject({ status: 200, body: { session: body.session } });
  });
});

describe('the time to repeat a redeem', () => {
  it.each([
    ['the access token', (screen: Screen) => screen.account()],
    ['the refresh token', (screen: Screen) => screen.refresh()],
  ])('ends with the first use of %s', async (_, use) => {
    const screen = await screenAt('redeemed', server, phone);
    expect((await screen.redeem()).status).toBe(200);
    expect((await use(screen)).status).toBe(200);
    const [session] = await sessionsOf(screen);
    expect(await screen.redeem()).toMatchObject(isOver);
    // and the attempt has taken nothing from the screen
    expect((await screen.account()).status).toBe(200);
    expect(await sessionsOf(screen)).toMatchObject([{ id: session!.id, ended_at: null }]);
  });

  it('ends with the first use of the access token of any of the responses', async () => {
    const screen = await screenAt('redeemed', server, phone);
    const first = screen.tokens!;
    await screen.redeem();
    screen.tokens = first;
    expect((await screen.account()).status).toBe(200);
    expect(await screen.redeem()).toMatchObject(isOver);
  });

  it('is not ended by a refused call', async () => {
    const screen = await screenAt('redeemed', server, phone);
    const wrongDevice = await screen.as('GET', '/v1/account', undefined, { 'x-device-id': phone.id });
    expect(wrongDevice).toMatchObject({ status: 403, body: { code: 'device_mismatch' } });
    expect((await screen.redeem()).status).toBe(200);
  });

  it('ends by itself, a minute after the first', async () => {
    const screen = await screenAt('redeemed', server, phone);
    await letPass(server.db, screen, 55);
    expect((await screen.redeem()).status).toBe(200);
    await letPass(server.db, screen, 6);
    expect(await screen.redeem()).toMatchObject(isOver);
    expect((await screen.account()).status).toBe(200);
  });

  it('is as long as configured', async () => {
    const hasty = await startAppForTest({ TICKET_REDEEM_REPEAT: '1' });
    const screen = await screenAt('redeemed', hasty, await signedInPhone(hasty.url));
    expect((await screen.redeem()).status).toBe(200);
    await letPass(hasty.db, screen, 1);
    expect(await screen.redeem()).toMatchObject(isOver);
  });

  it('ends with the session', async () => {
    const screen = await screenAt('redeemed', server, phone);
    await phone.as('DELETE', `/v1/sessions/${screen.tokens!.session.id}`);
    expect(await screen.redeem()).toMatchObject(isOver);
    expect(await sessionsOf(screen)).toHaveLength(1);
  });
});

describe('redeem on another device than the one that opened the ticket', () => {
  const mismatch = { status: 403, body: { code: 'device_mismatch' } };

  it('is refused as a repetition too, and the tokens of the right device stay valid', async () => {
    const screen = await screenAt('redeemed', server, phone);
    expect(await screen.redeem({ device: phone.id })).toMatchObject(mismatch);
    expect((await screen.refresh()).status).toBe(200);
  });
});

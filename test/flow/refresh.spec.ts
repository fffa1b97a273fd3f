import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Phone, Screen, signedInPhone, signedInScreen, type Tokens } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';

let server: RunningApp;
/** An instance where a used refresh token is valid for one more second, and an access token for one in all. */
let hasty: RunningApp;
beforeAll(async () => {
  server = await startApp();
  hasty = await startApp({ REFRESH_GRACE: '1', ACCESS_TOKEN_LIFE: '1' });
});
afterAll(() => Promise.all([server.close(), hasty.close()]));

const endedAs = (reason: string) => ({ status: 401, body: { code: 'session_ended', reason } });
const invalid = { status: 401, body: { code: 'token_invalid' } };

async function refreshed(phone: Phone, refreshToken?: string): Promise<Tokens> {
  const response = await phone.refresh(refreshToken);
  expect(response.status).toBe(200);
  return response.body;
}

async function sessionRow(app: RunningApp, { tokens }: Phone | Screen) {
  const [row] = await app.db.query('SELECT * FROM sessions WHERE id = $1', [tokens!.session.id]);
  return row;
}

function sha256(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Moves the last use of its refresh tokens out of the ten seconds of grace. */
async function longAgo({ tokens }: Phone | Screen): Promise<void> {
  await server.db.query(`UPDATE refresh_tokens SET rotated_at = rotated_at - interval '11 s' WHERE session_id = $1`, [
    tokens!.session.id,
  ]);
}

describe('a refresh', () => {
  it('gives fresh tokens of the same session', async () => {
    const phone = await signedInPhone(server.url);
    const first = phone.tokens!;
    const second = await refreshed(phone);
    expect(second).toEqual({
      tokenType: 'Bearer',
      accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expiresIn: 600,
      refreshToken: expect.any(String),
      refreshExpiresIn: 30 * 86_400,
      session: first.session,
      account: first.account,
    });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.accessToken).not.toBe(first.accessToken);
    phone.tokens = second;
    expect((await phone.account()).status).toBe(200);
    const third = await refreshed(phone);
    expect([first.refreshToken, second.refreshToken]).not.toContain(third.refreshToken);
  });

  it('leaves hashes in the database, and no token', async () => {
    const phone = await signedInPhone(server.url);
    const second = await refreshed(phone);
    const rows = await server.db.query(
      'SELECT hash, rotated_at FROM refresh_tokens WHERE session_id = $1 ORDER BY created_at',
      [phone.tokens!.session.id],
    );
    expect(rows).toEqual([
      { hash: sha256(phone.tokens!.refreshToken), rotated_at: expect.any(Date) },
      { hash: sha256(second.refreshToken), rotated_at: null },
    ]);
  });

  it('counts as use: the idle time starts again, the maximum life does not', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    await server.db.query(`UPDATE sessions SET last_seen_at = last_seen_at - interval '1700 s' WHERE id = $1`, [
      screen.tokens!.session.id,
    ]);
    const before = await sessionRow(server, screen);
    const response = await screen.refresh();
    expect(response.body.refreshExpiresIn).toBeGreaterThanOrEqual(1799);
    const after = await sessionRow(server, screen);
    expect(after.last_seen_at.getTime() - before.last_seen_at.getTime()).toBeGreaterThanOrEqual(1_700_000);
    expect(after.expires_at).toEqual(before.expires_at);
  });

  it('of an ended session says why it ended, and uses nothing up', async () => {
    const phone = await signedInPhone(server.url);
    await phone.signOut();
    for (let time = 0; time < 2; time += 1) expect(await phone.refresh()).toMatchObject(endedAs('signed_out'));
    const rows = await server.db.query('SELECT rotated_at FROM refresh_tokens WHERE session_id = $1', [
      phone.tokens!.session.id,
    ]);
    expect(rows).toEqual([{ rotated_at: null }]);
  });
});

describe('a used refresh token', () => {
  it('gets the very same successor for a while, when the response was lost and nothing of it was used', async () => {
    const phone = await signedInPhone(server.url);
    const first = phone.tokens!.refreshToken;
    const second = await refreshed(phone, first);
    for (let time = 0; time < 3; time += 1) {
      expect((await refreshed(phone, first)).refreshToken).toBe(second.refreshToken);
    }
    // an access token from before the refresh is not part of what it gave
    expect((await phone.account()).status).toBe(200);
    expect((await refreshed(phone, first)).refreshToken).toBe(second.refreshToken);
    const third = await refreshed(phone, second.refreshToken);
    expect((await refreshed(phone, second.refreshToken)).refreshToken).toBe(third.refreshToken);
  });

  it('gets one and the same successor however many calls use it at once', async () => {
    const phone = await signedInPhone(server.url);
    const all = await Promise.all(Array.from({ length: 20 }, () => refreshed(phone)));
    expect(new Set(all.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    const rows = await server.db.query('SELECT rotated_at IS NULL AS fresh FROM refresh_tokens WHERE session_id = $1', [
      phone.tokens!.session.id,
    ]);
    expect(rows.filter(({ fresh }: { fresh: boolean }) => fresh)).toHaveLength(1);
    expect(rows).toHaveLength(2);
    phone.tokens = all[7];
    expect((await phone.account()).status).toBe(200);
    await refreshed(phone);
  });

  it('ends its session when it is used again after that, at once for all of its tokens', async () => {
    const owner = await signedInPhone(server.url);
    const thief = await refreshed(owner);
    await longAgo(owner);
    expect(await owner.refresh()).toMatchObject(endedAs('refresh_reused'));
    expect(await owner.account()).toMatchObject(endedAs('refresh_reused'));
    owner.tokens = thief;
    expect(await owner.account()).toMatchObject(endedAs('refresh_reused'));
  });

  it('changes nothing about a session that had ended before', async () => {
    const phone = await signedInPhone(server.url);
    const used = phone.tokens!.refreshToken;
    phone.tokens = await refreshed(phone);
    await phone.signOut();
    await longAgo(phone);
    const before = await sessionRow(server, phone);
    expect(await phone.refresh(used)).toMatchObject(endedAs('signed_out'));
    expect(await sessionRow(server, phone)).toEqual(before);
  });

  it('ends one session, not the others of the account', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    await screen.refresh();
    await longAgo(screen);
    expect(await screen.refresh()).toMatchObject(endedAs('refresh_reused'));
    expect((await phone.account()).status).toBe(200);
    expect((await phone.refresh()).status).toBe(200);
  });
});

describe.concurrent('a refresh token over time', () => {
  it('carries a session past the expiry of its access token', async () => {
    const phone = await signedInPhone(hasty.url);
    await sleep(phone.tokens!.expiresIn * 1000 + 100);
    expect(await phone.account()).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    phone.tokens = await refreshed(phone);
    expect((await phone.account()).status).toBe(200);
  });

  it('ends the session when it is used again later: two people hold it, and neither keeps it', async () => {
    const owner = await signedInPhone(hasty.url);
    const stolen = owner.tokens!.refreshToken;
    const thief = await refreshed(owner, stolen);
    await sleep(1100);
    expect(await owner.refresh(stolen)).toMatchObject(endedAs('refresh_reused'));
    expect(await owner.refresh(thief.refreshToken)).toMatchObject(endedAs('refresh_reused'));
    expect(await sessionRow(hasty, owner)).toMatchObject({
      ended_reason: 'refresh_reused',
      ended_at: expect.any(Date),
    });
  });

  it('ends the session also when the thief comes late, and the owner has gone on', async () => {
    const owner = await signedInPhone(hasty.url);
    const stolen = owner.tokens!.refreshToken;
    owner.tokens = await refreshed(owner);
    owner.tokens = await refreshed(owner);
    await sleep(1100);
    expect(await owner.refresh(stolen)).toMatchObject(endedAs('refresh_reused'));
    expect(await owner.refresh()).toMatchObject(endedAs('refresh_reused'));
  });
});

describe('an invalid refresh token', () => {
  it('is refused as invalid', async () => {
    const phone = await signedInPhone(server.url);
    const screen = new Screen(server.url);
    await screen.open();
    const { scanToken } = (await phone.scan(screen)).body;
    const good = phone.tokens!.refreshToken;
    const bad = [
      '',
      'x',
      randomBytes(32).toString('base64url'),
      'x'.repeat(4096),
      good.slice(0, -1),
      `${good} `,
      `${good}=`,
      sha256(good).toString('base64url'),
      '👩‍🚀',
      phone.tokens!.accessToken,
      scanToken,
      screen.secret,
    ];
    for (const refreshToken of bad) expect(await phone.refresh(refreshToken), refreshToken).toMatchObject(invalid);
    expect((await phone.refresh(good)).status).toBe(200);
  });

  it('is bad input when it is missing, not text, or too long', async () => {
    const phone = await signedInPhone(server.url);
    for (const refreshToken of [undefined, null, 1, {}, [phone.tokens!.refreshToken], 'x'.repeat(4097), 'nul\u0000']) {
      const response = await phone.as('POST', '/v1/sessions/refresh', { refreshToken }, { authorization: undefined });
      expect(response, JSON.stringify(refreshToken)).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', errors: [{ pointer: '/refreshToken', detail: expect.any(String) }] },
      });
    }
  });
});

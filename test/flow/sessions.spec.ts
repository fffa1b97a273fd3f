import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Phone, register, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import type { HttpResponse } from '../support/http.js';

let server: RunningApp;
beforeAll(async () => {
  server = await startApp();
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

const endedAs = (reason: string) => ({ status: 401, body: { code: 'session_ended', reason } });

/** Why a session ended, as in its row; null while it lives. */
async function rowReason(app: RunningApp, { tokens }: Phone | Screen): Promise<string | null> {
  const [row] = await app.db.query('SELECT ended_reason FROM sessions WHERE id = $1', [tokens!.session.id]);
  return row.ended_reason;
}

function statusesOf(responses: HttpResponse[]): number[] {
  return responses.map(({ status }) => status).sort((a, b) => a - b);
}

function changePassword(phone: Phone, current: string, next: string): Promise<HttpResponse> {
  return phone.as('POST', '/v1/account/password', { current, new: next });
}

/** Another phone of the same person. */
async function alsoSignedIn({ url, username }: Phone): Promise<Phone> {
  return signedInPhone(url, username);
}

/** A screen that is confirmed and has not redeemed yet. */
async function confirmedScreen(phone: Phone, type?: Screen['type']): Promise<Screen> {
  const screen = new Screen(phone.url, type);
  await screen.open();
  await phone.scan(screen);
  expect((await phone.confirm(screen)).status).toBe(204);
  return screen;
}

describe('the sessions of an account', () => {
  it('are listed, the last used first, each with its device, and to their owner alone', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone, 'tv');
    const stranger = await signedInPhone(server.url);

    const { status, body } = await phone.sessions();
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['sessions']);
    const times = { createdAt: expect.stringMatching(/Z$/), lastSeenAt: expect.stringMatching(/Z$/) };
    const program = { name: null, browser: null, os: null };
    expect(body.sessions).toHaveLength(2);
    expect(body.sessions).toEqual(
      expect.arrayContaining([
        {
          id: phone.tokens!.session.id,
          current: true,
          device: { type: 'phone', ...program },
          ip: '127.0.0.1',
          ...times,
        },
        {
          id: screen.tokens!.session.id,
          current: false,
          device: { type: 'tv', ...program },
          ip: '127.0.0.1',
          ...times,
        },
      ]),
    );
    await screen.account();
    // a screen that was let in by a scan sees only itself
    expect((await screen.sessions()).body.sessions).toMatchObject([{ id: screen.tokens!.session.id, current: true }]);
    expect((await stranger.sessions()).body.sessions).toHaveLength(1);
  });

  it('are ended one by one: the ended one is told so at its next call, the others go on', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    const other = await signedInScreen(server.url, phone, 'cli');

    const response = await phone.as('DELETE', `/v1/sessions/${screen.tokens!.session.id}`);
    expect(response.status).toBe(204);
    expect(response.body).toBe('');
    expect(await screen.account()).toMatchObject(endedAs('revoked'));
    expect(await screen.refresh()).toMatchObject(endedAs('revoked'));
    expect(await rowReason(server, screen)).toBe('revoked');
    expect((await other.account()).status).toBe(200);
    const { sessions } = (await phone.sessions()).body;
    expect(sessions.map(({ id }: { id: string }) => id)).not.toContain(screen.tokens!.session.id);
  });

  it('keep the reason of their end, however often they are ended again', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    await screen.signOut();
    const [before] = await server.db.query('SELECT * FROM sessions WHERE id = $1', [screen.tokens!.session.id]);
    expect((await phone.as('DELETE', `/v1/sessions/${screen.tokens!.session.id}`)).status).toBe(204);
    const [after] = await server.db.query('SELECT * FROM sessions WHERE id = $1', [screen.tokens!.session.id]);
    expect(after).toEqual(before);
    expect(await screen.account()).toMatchObject(endedAs('signed_out'));
  });

  it.each([
    ['current', () => 'current'],
    ['its id', (phone: Phone) => phone.tokens!.session.id],
  ])('are signed out under the name of %s, with the reason signed_out', async (_, nameOf) => {
    const phone = await signedInPhone(server.url);
    const response = await phone.as('DELETE', `/v1/sessions/${nameOf(phone)}`);
    expect(response.status).toBe(204);
    expect(await phone.account()).toMatchObject(endedAs('signed_out'));
    expect(await phone.refresh()).toMatchObject(endedAs('signed_out'));
    expect(await phone.signOut()).toMatchObject(endedAs('signed_out'));
    expect(await rowReason(server, phone)).toBe('signed_out');
  });

  it('are independent: the screen outlives the phone that let it in, and the phone the screen', async () => {
    const phone = await signedInPhone(server.url);
    const [screen, other] = [await signedInScreen(server.url, phone), await signedInScreen(server.url, phone, 'tv')];
    await other.signOut();
    expect((await phone.account()).status).toBe(200);
    await phone.signOut();
    expect((await screen.account()).status).toBe(200);
    expect((await screen.refresh()).status).toBe(200);
    expect(await rowReason(server, screen)).toBeNull();
  });

  it('cancel the tickets that they scanned when they end, and the screen gets a new one', async () => {
    const phone = await signedInPhone(server.url);
    const screen = new Screen(server.url);
    await screen.open();
    await phone.scan(screen);
    await phone.signOut();
    expect(await phone.confirm(screen)).toMatchObject(endedAs('signed_out'));
    expect((await screen.poll('scanned')).body).toMatchObject({ code: 400, status: 'cancelled' });
    // signed in again it is another session, which has scanned nothing
    await phone.signIn();
    expect(await phone.confirm(screen)).toMatchObject({ status: 403, body: { code: 'ticket_not_yours' } });
    expect((await screen.poll('scanned')).body.status).toBe('cancelled');
  });
});

describe('one session for each kind of device', () => {
  it('a new phone ends the earlier one, which learns that it was replaced', async () => {
    const first = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, first);
    const second = await alsoSignedIn(first);
    expect(await first.account()).toMatchObject(endedAs('replaced'));
    expect(await first.refresh()).toMatchObject(endedAs('replaced'));
    expect(await rowReason(server, first)).toBe('replaced');
    expect((await second.account()).status).toBe(200);
    expect((await screen.account()).status).toBe(200);
  });

  it('a redeemed screen ends the earlier one of its kind, and no other', async () => {
    const phone = await signedInPhone(server.url);
    const [web, tv] = [await signedInScreen(server.url, phone, 'web'), await signedInScreen(server.url, phone, 'tv')];
    const later = await confirmedScreen(phone, 'web');
    expect((await web.account()).status).toBe(200);
    await later.redeem();
    expect(await web.account()).toMatchObject(endedAs('replaced'));
    for (const alive of [later, tv, phone]) expect((await alive.account()).status).toBe(200);
  });

  it('is not used up by a ticket that was only opened, scanned or confirmed', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    await confirmedScreen(phone);
    expect((await screen.account()).status).toBe(200);
    expect((await phone.sessions()).body.sessions).toHaveLength(2);
  });

  it('leaves one of two phones that sign in at once, and tells the other', async () => {
    const username = await register(server.url);
    for (let round = 0; round < 30; round += 1) {
      const phones = [new Phone(server.url, username), new Phone(server.url, username)];
      const responses = await Promise.all(phones.map((phone) => phone.signIn()));
      expect(statusesOf(responses)).toEqual([201, 201]);
      const calls = await Promise.all(phones.map((phone) => phone.account()));
      expect(statusesOf(calls)).toEqual([200, 401]);
      expect(calls.find(({ status }) => status === 401)).toMatchObject(endedAs('replaced'));
    }
    const [live] = await server.db.query(
      `SELECT count(*)::int FROM sessions JOIN accounts ON account_id = accounts.id::text
       WHERE username = $1 AND ended_at IS NULL`,
      [username],
    );
    expect(live.count).toBe(1);
  });

  it('leaves one of two screens that redeem at once', async () => {
    const phone = await signedInPhone(server.url);
    for (let round = 0; round < 10; round += 1) {
      const screens = [await confirmedScreen(phone), await confirmedScreen(phone)];
      const responses = await Promise.all(screens.map((screen) => screen.redeem()));
      expect(statusesOf(responses)).toEqual([200, 200]);
      const calls = await Promise.all(screens.map((screen) => screen.account()));
      expect(statusesOf(calls)).toEqual([200, 401]);
    }
  });
});

describe('the number of sessions for each kind of device', () => {
  it('can be two: the third ends the oldest, however lately that was used', async () => {
    const { url } = await startAppForTest({ SESSIONS_PER_DEVICE_TYPE: '2' });
    const first = await signedInPhone(url);
    const second = await alsoSignedIn(first);
    expect((await first.account()).status).toBe(200);
    const third = await alsoSignedIn(first);
    expect(await first.account()).toMatchObject(endedAs('replaced'));
    for (const alive of [second, third]) expect((await alive.account()).status).toBe(200);
  });

  it('can be without limit, and one device still has one session of an account', async () => {
    const { url } = await startAppForTest({ SESSIONS_PER_DEVICE_TYPE: '0' });
    const phone = await signedInPhone(url);
    const others = [await alsoSignedIn(phone), await alsoSignedIn(phone), await alsoSignedIn(phone)];
    const earlier = phone.tokens!;
    await phone.signIn();
    for (const alive of [phone, ...others]) expect((await alive.account()).status).toBe(200);
    expect((await phone.sessions()).body.sessions).toHaveLength(4);
    phone.tokens = earlier;
    expect(await phone.account()).toMatchObject(endedAs('replaced'));
  });

  describe('under SESSION_LIMIT_POLICY=refuse', () => {
    const refused = { status: 409, body: { code: 'session_limit_reached' } };
    let strict: RunningApp;
    beforeAll(async () => {
      strict = await startApp({ SESSION_LIMIT_POLICY: 'refuse', PHONE_SESSION_IDLE: '3600' });
    });
    afterAll(() => strict.close());

    it('keeps the new phone out, not the old one, which may sign in again itself', async () => {
      const first = await signedInPhone(strict.url);
      const second = new Phone(strict.url, first.username);
      expect(await second.signIn()).toMatchObject(refused);
      expect((await first.account()).status).toBe(200);
      expect((await first.signIn()).status).toBe(201);
      await first.signOut();
      expect((await second.signIn()).status).toBe(201);
    });

    it('leaves the ticket of the refused screen confirmed, to be redeemed once there is room', async () => {
      const phone = await signedInPhone(strict.url);
      const first = await signedInScreen(strict.url, phone);
      const second = await confirmedScreen(phone);
      const rowOf = () => strict.db.query('SELECT * FROM tickets WHERE uuid = $1', [second.uuid]);
      const before = await rowOf();

      expect(await second.redeem()).toMatchObject(refused);
      expect(await rowOf()).toEqual(before);
      expect((await second.poll('scanned')).body).toMatchObject({ code: 200, status: 'confirmed' });
      expect((await first.account()).status).toBe(200);

      await first.signOut();
      expect((await second.redeem()).status).toBe(200);
      expect((await second.account()).status).toBe(200);
    });

    it('does not count a session that expired', async () => {
      const first = await signedInPhone(strict.url);
      await strict.db.query(`UPDATE sessions SET last_seen_at = last_seen_at - interval '3600 s' WHERE id = $1`, [
        first.tokens!.session.id,
      ]);
      expect((await alsoSignedIn(first)).tokens).toBeDefined();
      expect(await first.account()).toMatchObject(endedAs('expired'));
    });
  });
});

describe('a change of the password', () => {
  it('ends all other sessions of the account, says why, and keeps its own', async () => {
    const phone = await signedInPhone(server.url);
    const others = [
      await signedInScreen(server.url, phone, 'web'),
      await signedInScreen(server.url, phone, 'tv'),
      await signedInScreen(server.url, phone, 'cli'),
    ];
    const stranger = await signedInPhone(server.url);
    expect((await changePassword(phone, 'correct horse battery staple', 'a new and better one')).status).toBe(204);

    for (const other of others) {
      expect(await other.account()).toMatchObject(endedAs('password_changed'));
      expect(await other.refresh()).toMatchObject(endedAs('password_changed'));
      expect(await rowReason(server, other)).toBe('password_changed');
    }
    for (const alive of [phone, stranger]) expect((await alive.account()).status).toBe(200);
    expect((await phone.refresh()).status).toBe(200);
    expect(await phone.signIn()).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    expect((await phone.signIn('a new and better one')).status).toBe(201);
  });

  it('needs the current one, and ends nothing without it', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    const response = await changePassword(phone, 'not my password', 'a new and better one');
    expect(response).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    expect((await screen.account()).status).toBe(200);
    expect((await phone.signIn()).status).toBe(201);
  });

  it('succeeds for one of two at once, and afterwards only its password works', async () => {
    const phone = await signedInPhone(server.url);
    const passwords = ['the first new one', 'the second new one'];
    const responses = await Promise.all(
      passwords.map((password) => changePassword(phone, 'correct horse battery staple', password)),
    );
    expect(statusesOf(responses)).toEqual([204, 401]);
    const winner = responses.findIndex(({ status }) => status === 204);
    expect((await phone.signIn(passwords[1 - winner])).status).toBe(401);
    expect((await phone.signIn(passwords[winner])).status).toBe(201);
  });
});

describe('a session that ends by itself', () => {
  it('ends after half an hour of silence or half a day on a screen, a month or half a year on a phone', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    const rows = await server.db.query(
      `SELECT id, idle_for AS idle, extract(epoch FROM expires_at - created_at)::int AS max
       FROM sessions WHERE id = ANY($1) ORDER BY device_type`,
      [[phone, screen].map(({ tokens }) => tokens!.session.id)],
    );
    const [hour, day] = [3600, 86_400];
    expect(rows).toEqual([
      { id: phone.tokens!.session.id, idle: 30 * day, max: 180 * day },
      { id: screen.tokens!.session.id, idle: hour / 2, max: 12 * hour },
    ]);
    expect(phone.tokens!.refreshExpiresIn).toBe(30 * day);
    expect(screen.tokens!.refreshExpiresIn).toBe(hour / 2);
  });

  it('ends not a second too early, and not a second too late', async () => {
    const phone = await signedInPhone(server.url);
    const screen = await signedInScreen(server.url, phone);
    const silentFor = (seconds: number) =>
      server.db.query('UPDATE sessions SET last_seen_at = now() - make_interval(secs => $2) WHERE id = $1', [
        screen.tokens!.session.id,
        seconds,
      ]);
    await silentFor(1798);
    expect((await screen.account()).status).toBe(200);
    await silentFor(1800);
    // it was cached a moment ago, and a direct write to the database rings no bell
    await expect.poll(() => screen.account(), { timeout: 1000 }).toMatchObject(endedAs('expired'));
    expect(await screen.refresh()).toMatchObject(endedAs('expired'));
    expect((await phone.sessions()).body.sessions).toHaveLength(1);
  });
});

describe('a session with a short life', () => {
  let [idle, short]: RunningApp[] = [];
  beforeAll(async () => {
    idle = await startApp({ SCREEN_SESSION_IDLE: '2' });
    short = await startApp({ SCREEN_SESSION_MAX: '2', PHONE_SESSION_MAX: '3' });
  });
  afterAll(() => Promise.all([idle!.close(), short!.close()]));

  it.concurrent('ends after the silence of SCREEN_SESSION_IDLE, and not while it is used', async () => {
    const phone = await signedInPhone(idle!.url);
    const used = await signedInScreen(idle!.url, phone, 'web');
    const refreshed = await signedInScreen(idle!.url, phone, 'tv');
    const silent = await signedInScreen(idle!.url, phone, 'cli');
    for (let call = 0; call < 4; call += 1) {
      await sleep(600);
      expect((await used.account()).status).toBe(200);
      const response = await refreshed.refresh();
      expect(response.status).toBe(200);
      refreshed.tokens = response.body;
    }
    expect(await silent.account()).toMatchObject(endedAs('expired'));
    await sleep(2100);
    for (const screen of [used, refreshed]) expect(await screen.account()).toMatchObject(endedAs('expired'));
    expect((await phone.account()).status).toBe(200);
  });

  it.concurrent('ends at the age of SCREEN_SESSION_MAX or PHONE_SESSION_MAX, however much it is used', async () => {
    const phone = await signedInPhone(short!.url);
    const screen = await signedInScreen(short!.url, phone);
    expect(screen.tokens!.refreshExpiresIn).toBeLessThanOrEqual(2);
    const [phoneLast, screenLast] = await Promise.all([untilRefused(phone), untilRefused(screen)]);
    for (const { response, uses } of [phoneLast, screenLast]) {
      expect(response).toMatchObject(endedAs('expired'));
      expect(uses).toBeGreaterThan(2);
    }
    expect(await screen.refresh()).toMatchObject(endedAs('expired'));
  });
});

/** Uses a session all the time. @returns the first response that refuses it, and how many let it in before */
async function untilRefused(device: Phone | Screen) {
  for (let uses = 0; ; uses += 1) {
    const response = await device.account();
    if (response.status !== 200) return { response, uses };
    await sleep(100);
  }
}

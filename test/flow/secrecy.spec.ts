import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Phone, rowOf, Screen, screenAt, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type Answer, call } from '../support/http.js';

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

const sha256 = (secret: string) => createHash('sha256').update(secret).digest('hex');

/** Every call of a screen for one ticket. The status call may wait: whoever has no secret must not be let wait. */
const SCREEN_CALLS = [
  ['GET', '/status'],
  ['GET', '/status?known=scanned'],
  ['GET', '/status?known=confirmed'],
  ['GET', '/status?known=redeemed'],
  ['GET', '/events'],
  ['POST', '/redeem'],
  ['DELETE', ''],
] as const;

function screenCall([method, rest]: (typeof SCREEN_CALLS)[number], uuid: string, secret?: string, device?: string) {
  const headers = { 'x-ticket-secret': secret, 'x-device-id': device };
  return call(method, `${server.url}/v1/tickets/${uuid}${rest}`, { headers });
}

/** All that an answer says, but for the clock. */
function everythingOf({ status, headers, body }: Answer) {
  return { status, headers: [...headers].filter(([name]) => name !== 'date'), body };
}

describe('the uuid without the secret', () => {
  let others: Screen;
  beforeAll(async () => {
    others = await screenAt('confirmed', server, phone);
  });

  it.each(['pending', 'scanned', 'confirmed', 'redeemed', 'denied', 'cancelled', 'expired'] as const)(
    'of a %s ticket is worth nothing to any call: the answer is that of a ticket that does not exist',
    async (status) => {
      const screen = await screenAt(status, server, phone);
      const before = await rowOf(server.db, screen);
      for (const each of SCREEN_CALLS) {
        const nobodys = await screenCall(each, randomUUID(), screen.secret, screen.id);
        expect(nobodys).toMatchObject({ status: 404, body: { code: 'ticket_not_found' } });
        for (const [name, secret] of Object.entries({
          missing: undefined,
          empty: '',
          wrong: `${screen.secret.slice(0, -1)}_`,
          'of another ticket': others.secret,
          'the uuid': screen.uuid,
          'the scan token': phone.scanToken,
          'the hash': createHash('sha256').update(screen.secret).digest('base64url'),
        })) {
          const answer = await screenCall(each, screen.uuid, secret, screen.id);
          expect(everythingOf(answer), `${each.join(' ')}, secret ${name}`).toEqual(everythingOf(nobodys));
        }
      }
      expect(await rowOf(server.db, screen)).toEqual(before);
    },
  );

  it('and with it, the same calls are let in', async () => {
    const screen = await screenAt('confirmed', server, phone);
    expect((await screenCall(['GET', '/status'], screen.uuid, screen.secret)).status).toBe(200);
    expect((await screenCall(['POST', '/redeem'], screen.uuid, screen.secret, screen.id)).status).toBe(200);
    expect((await screenCall(['GET', '/events'], screen.uuid, screen.secret)).status).toBe(200);
  });
});

describe('what cannot be the name of a ticket', () => {
  it.each([
    'x',
    '00000000-0000-0000-0000-00000000000',
    '00000000-0000-0000-0000-0000000000000',
    '00000000000000000000000000000000',
    '%7B00000000-0000-0000-0000-000000000000%7D',
    '00000000-0000-0000-0000-00000000000g',
    '%00',
    '%F0%9F%98%80',
    "1'%20OR%20'1'='1",
    '0'.repeat(199),
  ])('is answered as one that does not exist: %s', async (uuid) => {
    const nobodys = await screenCall(['GET', '/status'], randomUUID(), 'x');
    for (const each of SCREEN_CALLS) {
      const answer = await screenCall(each, uuid, 'x', phone.id);
      expect(everythingOf(answer), each.join(' ')).toEqual(everythingOf(nobodys));
    }
    for (const picture of ['/qr.svg', '/qr.png']) {
      expect((await call('GET', `${server.url}/v1/tickets/${uuid}${picture}`)).body).toEqual(nobodys.body);
    }
    for (const [step, json] of [
      ['scan', undefined],
      ['confirm', { scanToken: 'x' }],
      ['deny', { scanToken: 'x' }],
    ] as const) {
      const answer = await phone.as('POST', `/v1/tickets/${uuid}/${step}`, json);
      expect(answer, step).toMatchObject({ status: 404, body: nobodys.body });
    }
  });

  it('is not a matter of upper and lower case', async () => {
    const screen = await screenAt('scanned', server, phone);
    const shouted = await screenCall(['GET', '/status'], screen.uuid.toUpperCase(), screen.secret);
    expect(shouted.body).toMatchObject({ code: 201, status: 'scanned' });
  });
});

describe('before the login is done', () => {
  it('the screen sees display name and avatar of who scanned, and nothing else of them', async () => {
    const screen = await screenAt('pending', server, phone);
    const seen = [(await screen.poll('pending', { wait: 0 })).body];
    await phone.scan(screen);
    seen.push((await screen.poll('pending')).body);
    await phone.confirm(screen);
    seen.push((await screen.poll('scanned')).body);
    const events = screenCall(['GET', '/events'], screen.uuid, screen.secret);
    await expect.poll(() => server.bell.size).toBe(1);
    await screen.redeem();
    const account = { displayName: 'Ada Lovelace', avatarUrl: null };
    const expiresIn = expect.any(Number);
    expect(seen).toEqual([
      { code: 408, status: 'pending', expiresIn },
      { code: 201, status: 'scanned', expiresIn, account },
      { code: 200, status: 'confirmed', expiresIn, account },
    ]);
    // and nobody at all once it is over
    expect((await screen.poll()).body).toEqual({ code: 400, status: 'redeemed', expiresIn: 0 });

    const everything = JSON.stringify(seen) + (await events).body;
    expect(everything).toContain('Ada Lovelace');
    const { tokens, username, id, scanToken } = phone;
    for (const untold of [username, id, scanToken, tokens!.account.id, tokens!.session.id, screen.tokens!.session.id]) {
      expect(everything).not.toContain(untold);
    }
  });

  it('the phone sees what the screen is, and none of its secrets', async () => {
    const screen = new Screen(server.url);
    await screen.open({ name: 'Office PC' });
    const told = JSON.stringify((await phone.scan(screen)).body);
    expect(told).toContain('Office PC');
    for (const untold of [screen.secret, sha256(screen.secret), screen.id]) expect(told).not.toContain(untold);
  });
});

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  const tables = await server.db.query<{ name: string }[]>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const rows = tables.map(({ name }) => server.db.query(`SELECT whole::text AS text FROM "${name}" whole`));
  return JSON.stringify(await Promise.all(rows));
}

describe('the database', () => {
  it('holds no secret and no token that was given out in a login', async () => {
    const screen = await screenAt('scanned', server, phone);
    const scanTokens = [phone.scanToken, (await phone.scan(screen)).body.scanToken];
    await phone.confirm(screen);
    const given = [phone.tokens!, (await screen.redeem()).body, (await screen.redeem()).body];
    given.push((await screen.refresh()).body);
    const waiting = await screenAt('pending', server, phone);

    const text = await dump();
    // it is the right database, and the search would find what is there
    for (const kept of [screen.uuid, waiting.uuid, phone.username, sha256(screen.secret), sha256(waiting.secret)]) {
      expect(text).toContain(kept);
    }
    expect(text).toContain(sha256(scanTokens[1]));
    expect(text).toContain(sha256(given[3].refreshToken));

    const accessTokens = given.map((tokens) => tokens.accessToken as string);
    const refreshTokens = given.map((tokens) => tokens.refreshToken as string);
    const secrets = [screen.secret, waiting.secret, ...scanTokens, ...refreshTokens, ...accessTokens];
    const signatures = accessTokens.map((token) => token.split('.')[2]!);
    for (const secret of [...secrets, ...signatures, PASSWORD]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString('hex'));
      expect(text).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
    }
  });
});

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Phone, Screen, type Tokens } from '../support/actors.js';
import { TEST_SECRET } from '../support/app.js';
import { createDatabase, query } from '../support/database.js';
import { type HttpResponse, call } from '../support/http.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

// A whole run of logins and refusals at LOG_LEVEL=trace, followed by a hunt: every secret that was given out or typed
// is searched for, in clear and encoded, in all places where it could have been left.

const LOGINS = 5;
/** A password that appears in no other test or example. */
const PASSWORD = 'quartz-Lantern-58-orbit';
let server: ServerProcess;
let database: string;
/** Each secret with where it comes from. */
const secrets = new Map<string, string>();
/** Every response to a refused call, and every address in any response. */
const refused: string[] = [];
const addresses: string[] = [];

function keep(where: string, secret: string): void {
  expect(secret.length, where).toBeGreaterThan(7);
  secrets.set(secret, where);
}

function keepTokens(whose: string, { accessToken, refreshToken }: Tokens): void {
  keep(`${whose}, access token`, accessToken);
  keep(`${whose}, signature of the access token`, accessToken.split('.')[2]!);
  keep(`${whose}, refresh token`, refreshToken);
}

function noteRefusal(response: HttpResponse): void {
  expect(response.status).toBeGreaterThanOrEqual(400);
  refused.push(JSON.stringify([response.status, [...response.headers], response.body]));
}

/** A login with every step that hands out a secret, and every refusal. */
async function logIn(phone: Phone, nth: number): Promise<void> {
  const screen = new Screen(server.url);
  const opened = (await screen.open({ name: `Screen ${nth}` })).body;
  addresses.push(opened.qrUrl, opened.qrImageUrl);
  keep(`screen ${nth}, ticket secret`, screen.secret);
  const waiting = screen.poll('pending');
  await phone.scan(screen);
  keep(`screen ${nth}, first scan token`, phone.scanToken);
  await phone.scan(screen);
  keep(`screen ${nth}, scan token`, phone.scanToken);
  await waiting;
  await phone.confirm(screen);
  keepTokens(`screen ${nth}`, (await screen.redeem()).body);
  keepTokens(`screen ${nth}, redeemed again`, (await screen.redeem()).body);
  screen.tokens = (await screen.refresh()).body;
  keepTokens(`screen ${nth}, refreshed`, screen.tokens);
  noteRefusal(await screen.redeem());
  noteRefusal(await phone.confirm(screen, screen.secret));
  noteRefusal(await screen.as('GET', '/v1/account', undefined, { 'x-device-id': screen.secret }));
}

/** Puts secrets in wrong places: refused calls say more than successful ones. */
async function misplace(phone: Phone): Promise<void> {
  const typed = 'hunter2-wrong-password';
  const forged = `${phone.tokens!.accessToken.slice(0, -9)}xxxxxxxxx`;
  keep('a wrong password', typed);
  keep('the signature of a forged token', forged.split('.')[2]!);
  const token = phone.tokens!.refreshToken;
  noteRefusal(await phone.signIn(typed));
  noteRefusal(await phone.as('POST', '/v1/account/password', { current: typed, new: typed }));
  noteRefusal(await phone.as('GET', '/v1/account', undefined, { authorization: `Bearer ${forged}` }));
  noteRefusal(await call('GET', `${server.url}/v1/account?access_token=${forged}`));
  noteRefusal(await call('GET', `${server.url}/v1/tickets/${token}/status?known=${PASSWORD}`));
  noteRefusal(await call('GET', `${server.url}/${token}`));
  noteRefusal(await phone.as('POST', '/v1/sessions/refresh', { refreshToken: token, unknown: PASSWORD }));
  noteRefusal(await phone.as('POST', '/v1/tickets', { device: { id: token, type: PASSWORD } }));
  for (const body of [`{"password":"${PASSWORD}`, `{"password":"${PASSWORD}"}}`, `"${PASSWORD}"`]) {
    const headers = { 'content-type': 'application/json', cookie: `scan_login_refresh=${token}` };
    const response = await fetch(`${server.url}/v1/sessions`, { method: 'POST', body, headers });
    noteRefusal({ status: response.status, headers: response.headers, body: await response.json(), ms: 0 });
  }
  // the pointer repeats the name of an unknown field to its sender: only the log matters here
  await call('POST', `${server.url}/v1/sessions`, { json: { [PASSWORD]: 1 } });
  // a server error, whose cause is logged: a column that a new account needs is missing
  await query(database, 'ALTER TABLE accounts RENAME COLUMN avatar_url TO gone');
  const json = { username: 'ada.unlucky', password: PASSWORD };
  const failed = await call('POST', `${server.url}/v1/accounts`, { json });
  expect(failed).toMatchObject({ status: 500, body: { code: 'server_error' } });
  expect(Object.keys(failed.body).toSorted()).toEqual(['code', 'status', 'title', 'type']);
  noteRefusal(failed);
  await query(database, 'ALTER TABLE accounts RENAME COLUMN gone TO avatar_url');
}

beforeAll(async () => {
  database = await createDatabase();
  server = await startServerProcess({ DATABASE_URL: database, APP_SECRET: TEST_SECRET, LOG_LEVEL: 'trace' });
  keep('APP_SECRET', TEST_SECRET);
  keep('the password', PASSWORD);
  keep('the password of the database', new URL(database).password);
  const json = { username: 'ada', password: PASSWORD, displayName: 'Ada Lovelace' };
  await call('POST', `${server.url}/v1/accounts`, { json });
  const phone = new Phone(server.url, json.username);
  await phone.signIn(PASSWORD);
  keepTokens('phone', phone.tokens!);
  for (let nth = 0; nth < LOGINS; nth += 1) await logIn(phone, nth);
  await misplace(phone);
  phone.tokens = (await phone.refresh()).body;
  keepTokens('phone, refreshed', phone.tokens);
  await phone.as('POST', '/v1/account/password', { current: PASSWORD, new: 'a new and better one' });
  keep('the new password', 'a new and better one');
  for (const last of ['server_error', 'account.password_changed']) {
    await vi.waitFor(() => expect(server.output()).toContain(last), { timeout: 10_000 });
  }
});
afterAll(() => server?.stop());

/** Forms in which a secret could be found again. */
function formsOf(secret: string): string[] {
  const bytes = [Buffer.from(secret), Buffer.from(secret, 'base64url')].filter(({ length }) => length > 7);
  const encoded = bytes.flatMap((each) => [each.toString('hex'), each.toString('base64').replace(/=+$/, '')]);
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...encoded];
}

/** Names of the secrets that appear in the text. */
function foundIn(text: string): string[] {
  return [...secrets]
    .filter(([secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([, where]) => where);
}

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  const tables = await query(
    database,
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'scan_login'`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => query(database, `SELECT whole::text AS text FROM "${name}" whole`)),
  );
  return rows
    .flat()
    .map(({ text }: { text: string }) => text)
    .join('\n');
}

describe('after a run of logins at the most talkative level, no secret is found', () => {
  it('by a hunt that would find one', () => {
    expect(secrets.size).toBeGreaterThan(LOGINS * 12);
    const [secret] = secrets.keys();
    for (const form of formsOf(secret!)) expect(foundIn(`something ${form} else`), form).toEqual(['APP_SECRET']);
  });

  it('in the log at LOG_LEVEL=trace', () => {
    const output = server.output();
    expect(output).toContain('"event":"ticket.redeemed_again"');
    expect(output).toContain('"level":20');
    expect(foundIn(output)).toEqual([]);
    expect(output).not.toMatch(/argon2id|PRIVATE KEY|eyJ|\?known=|\/l\/[0-9a-f]{8}-/);
  });

  it('in any row of any table, which hold hashes and sealed keys', async () => {
    const text = await dump();
    const [secret] = [...secrets].find(([, where]) => where === 'screen 0, ticket secret')!;
    expect(text).toContain(createHash('sha256').update(secret).digest('hex'));
    expect(foundIn(text)).toEqual([]);
    expect(text).not.toMatch(/PRIVATE KEY|eyJ/);
  });

  it('in the responses to refused calls, headers included', () => {
    expect(refused.length).toBeGreaterThan(LOGINS * 3 + 10);
    expect(refused.filter((each) => foundIn(each).length > 0)).toEqual([]);
    expect(refused.join('\n')).not.toMatch(/node_modules|\.[jt]s:\d|\bat \w+ \(|\bSELECT\b|QueryFailed|argon2id/);
  });

  it('in an address that the server built', () => {
    expect(addresses).toHaveLength(LOGINS * 2);
    expect(foundIn(addresses.join('\n'))).toEqual([]);
    for (const address of addresses) expect(new URL(address).search + new URL(address).hash).toBe('');
  });

  it('in the metrics, the health checks and the documents', async () => {
    const paths = ['/metrics', '/livez', '/readyz', '/openapi.json', '/.well-known/jwks.json', '/', '/phone'];
    const texts = await Promise.all(paths.map(async (path) => (await fetch(server.url + path)).text()));
    expect(foundIn(texts.join('\n'))).toEqual([]);
  });
});

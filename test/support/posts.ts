import type { DataSource } from 'typeorm';
import { PASSWORD, Screen, signedInPhone, signedInScreen } from './actors.js';
import { Authenticator } from './authenticator.js';
import type { HttpResponse } from './http.js';
import { localOrigin } from './passkeys.js';

export type Body = string | Buffer | undefined;

/** Sends a raw body. */
export async function send(address: string, body: Body, headers: Record<string, string> = {}): Promise<HttpResponse> {
  const response = await fetch(address, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  const said = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(said) : said, ms: 0 };
}

export interface Post {
  address: string;
  /** Valid bodies with every field that exists, so that a refusal is due to the broken part alone. */
  good: Record<string, unknown>;
  headers: Record<string, string>;
}

type Credential = { id: string; rawId: string; type: string; response: Record<string, unknown> };

/** Every POST of the document, by its path. */
export async function everyPost(url: string): Promise<Record<string, Post>> {
  const phone = await signedInPhone(url);
  const [pending, scanned] = [new Screen(url), new Screen(url)];
  for (const screen of [pending, scanned]) await screen.open();
  await phone.scan(scanned);
  await signedInScreen(url, phone);
  await phone.account(); // the session is in use from here on, so later calls do not write that again
  const { username, scanToken } = phone;
  const password = PASSWORD;
  const [{ id: screenId }] = (await phone.as('GET', '/v1/account/screens')).body.screens;
  const authenticator = new Authenticator(localOrigin(url));
  const credential = needed(authenticator.create((await phone.as('POST', '/v1/passkeys/options')).body));
  const assertion = needed(authenticator.get((await phone.as('POST', '/v1/sessions/passkey/options')).body));
  const device = { id: 'a-device', type: 'cli', name: 'A device' };
  const ofPhone = { 'x-device-id': phone.id };
  const ofSession = { ...ofPhone, authorization: `Bearer ${phone.tokens!.accessToken}` };
  const ofScreen = { 'x-device-id': scanned.id, 'x-ticket-secret': scanned.secret };
  const good: Record<string, [object, Record<string, string>?, string?]> = {
    '/v1/accounts': [{ username: 'eve.the.hostile', password, displayName: 'Eve' }],
    '/v1/account/password': [{ current: password, new: 'a new and better one' }, ofSession],
    '/v1/sessions': [{ username, password, device, refreshCookie: false }],
    '/v1/sessions/passkey': [{ assertion, device, refreshCookie: false }],
    '/v1/sessions/passkey/options': [{}],
    '/v1/passkeys': [{ credential, name: 'A passkey' }, ofSession],
    '/v1/passkeys/options': [{}, ofSession],
    '/v1/account/screens/{id}/acknowledge': [{}, ofSession, screenId],
    '/v1/sessions/refresh': [{ refreshToken: phone.tokens!.refreshToken }, ofPhone],
    '/v1/tickets': [{ device, keyThumbprint: 'k'.repeat(43), rotates: true }],
    '/v1/tickets/{uuid}/redeem': [{ refreshCookie: false, tokenType: 'Bearer' }, ofScreen, scanned.uuid],
    '/v1/tickets/{uuid}/scan': [{ code: 'AAAAAAAA' }, ofSession, pending.uuid],
    '/v1/tickets/{uuid}/confirm': [{ scanToken, number: '42', assertion }, ofSession, scanned.uuid],
    '/v1/tickets/{uuid}/deny': [{ scanToken, reason: 'declined' }, ofSession, scanned.uuid],
  };
  const entries = Object.entries(good).map(([path, [body, headers = {}, id = '']]) => {
    return [path, { address: url + path.replace(/\{\w+\}/, id), good: { ...body }, headers }];
  });
  return Object.fromEntries(entries) as Record<string, Post>;
}

/** Without what is ignored, so that a broken part is one that counts. */
function needed({ id, rawId, type, response }: Credential): Credential {
  const { userHandle: _, ...rest } = response;
  return { id, rawId, type, response: rest };
}

/** Everything that a call could change, except that a session is in use. */
export function everyRow(db: DataSource): Promise<unknown> {
  return Promise.all(
    ['accounts', 'sessions', 'tickets', 'refresh_tokens'].map((table) =>
      db.query(`SELECT to_jsonb(t) - 'last_seen_at' - 'used_at' AS row FROM ${table} t ORDER BY 1`),
    ),
  );
}

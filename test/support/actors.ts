import { randomUUID } from 'node:crypto';
import { phone as phoneOf, type ScannedTicket, screenLogin, type Session, session } from '@scan-login/client';
import type * as wire from '@scan-login/client';
import type { TicketStatus } from '@scan-login/nest/qr';
import type { DataSource } from 'typeorm';
import type { DeviceKey } from './device-key.js';
import { type HttpResponse, call, type Unchecked } from './http.js';
import { Recorder } from './recorder.js';

// Each method is one raw call, and tests assert its response as it came: the client would retry the call, refresh the
// tokens first, or refuse to send it. Where a test only needs a login, the client makes it.

export const PASSWORD = 'correct horse battery staple';

export type Tokens = Required<wire.Tokens>;

/** A device with an id, and tokens once it is signed in. */
class Device {
  readonly id: string = randomUUID();
  tokens?: Tokens;
  /** Proved where a call asks for a proof. */
  key?: DeviceKey;

  constructor(readonly url: string) {}

  /** A call with the token and the id of this device, unless other headers are given. */
  as(
    method: string,
    path: string,
    json?: unknown,
    headers: Record<string, string | undefined> = {},
  ): Promise<HttpResponse> {
    const authorization = this.tokens && `Bearer ${this.tokens.accessToken}`;
    return call(method, this.url + path, { json, headers: { authorization, 'x-device-id': this.id, ...headers } });
  }

  /** The same device, calling another instance of the server. */
  at(url: string): this {
    return Object.assign(Object.create(Object.getPrototypeOf(this) as object) as this, this, { url });
  }

  /** The session of this device, for use with the client. */
  async session(): Promise<Session> {
    const own = session({ server: this.url });
    await own.begin({ tokens: this.tokens!, deviceId: this.id });
    return own;
  }

  account(): Promise<HttpResponse<Unchecked<wire.Account>>> {
    return this.as('GET', '/v1/account');
  }

  sessions(): Promise<HttpResponse<Unchecked<wire.SessionList>>> {
    return this.as('GET', '/v1/sessions');
  }

  signOut(): Promise<HttpResponse> {
    return this.as('DELETE', '/v1/sessions/current');
  }

  refresh(
    refreshToken = this.tokens!.refreshToken,
    deviceId: string | undefined = this.id,
  ): Promise<HttpResponse<Unchecked<wire.Tokens>>> {
    const json: wire.Refresh = { refreshToken };
    return this.as('POST', '/v1/sessions/refresh', json, { authorization: undefined, 'x-device-id': deviceId });
  }
}

/** The code in a link that rotates. */
export function codeIn(qrUrl: string): string | undefined {
  return /[#&]c=([\w-]*)/.exec(qrUrl)?.[1];
}

/** A screen that shows a code: opens a ticket, waits, redeems. */
export class Screen extends Device {
  uuid = '';
  secret = '';
  qrUrl = '';
  /** Asks for a link that rotates. */
  rotates = false;

  constructor(
    url: string,
    readonly type: wire.OpenTicket['device']['type'] = 'web',
  ) {
    super(url);
  }

  async open(device: object = {}): Promise<HttpResponse<Unchecked<wire.OpenedTicket>>> {
    const json: wire.OpenTicket = {
      device: { id: this.id, type: this.type, ...device },
      ...(this.key && { keyThumbprint: this.key.thumbprint }),
      ...(this.rotates && { rotates: true }),
    };
    const response: HttpResponse<Unchecked<wire.OpenedTicket>> = await call('POST', `${this.url}/v1/tickets`, { json });
    if (response.status === 201) ({ uuid: this.uuid, secret: this.secret, qrUrl: this.qrUrl } = response.body);
    return response;
  }

  /** One long poll. */
  poll(
    known = 'pending',
    { wait, secret, signal }: { wait?: number; secret?: string | null; signal?: AbortSignal } = {},
  ): Promise<HttpResponse<Unchecked<wire.TicketStatus>>> {
    const query = new URLSearchParams({ known, ...(wait !== undefined && { wait: String(wait) }) });
    return call('GET', `${this.url}/v1/tickets/${this.uuid}/status?${query.toString()}`, {
      headers: { 'x-ticket-secret': secret === null ? undefined : (secret ?? this.secret) },
      signal,
    });
  }

  /** @param by the key that is proved, in place of the screen's own; null for no proof */
  async redeem({
    secret,
    device,
    by = this.key,
    tokenType,
  }: {
    secret?: string | null;
    device?: string | null;
    by?: DeviceKey | null;
    tokenType?: wire.Tokens['tokenType'];
  } = {}): Promise<HttpResponse<Unchecked<wire.Tokens>>> {
    const path = `${this.url}/v1/tickets/${this.uuid}/redeem`;
    const response: HttpResponse<Unchecked<wire.Tokens>> = await call('POST', path, {
      json: tokenType && { tokenType },
      headers: {
        'x-ticket-secret': secret === null ? undefined : (secret ?? this.secret),
        'x-device-id': device === null ? undefined : (device ?? this.id),
        dpop: await by?.proof('POST', path),
      },
    });
    if (response.status === 200) this.tokens = response.body;
    return response;
  }

  /** Fetches the present code, and shows it. */
  async code(secret = this.secret): Promise<HttpResponse<Unchecked<wire.TicketCode>>> {
    const headers = { 'x-ticket-secret': secret };
    const response: HttpResponse<Unchecked<wire.TicketCode>> = await call(
      'GET',
      `${this.url}/v1/tickets/${this.uuid}/code`,
      { headers },
    );
    if (response.status === 200) this.qrUrl = response.body.qrUrl;
    return response;
  }

  cancel(secret = this.secret): Promise<HttpResponse> {
    return call('DELETE', `${this.url}/v1/tickets/${this.uuid}`, { headers: { 'x-ticket-secret': secret } });
  }
}

/** A phone with a session: scans and decides. */
export class Phone extends Device {
  scanToken = '';

  constructor(
    url: string,
    readonly username: string,
    readonly type: wire.SignIn['device']['type'] = 'phone',
  ) {
    super(url);
  }

  async signIn(password = PASSWORD): Promise<HttpResponse<Unchecked<wire.Tokens>>> {
    const json: wire.SignIn = { username: this.username, password, device: { id: this.id, type: this.type } };
    const response: HttpResponse<Unchecked<wire.Tokens>> = await call('POST', `${this.url}/v1/sessions`, { json });
    if (response.status === 201) this.tokens = response.body;
    return response;
  }

  /** Scans what the screen shows, with the code in its link if it has one. */
  async scan({
    uuid,
    qrUrl = '',
  }: {
    uuid: string;
    qrUrl?: string;
  }): Promise<HttpResponse<Unchecked<wire.ScanResult>>> {
    const code = codeIn(qrUrl);
    const json: wire.Scan | undefined = code === undefined ? undefined : { code };
    const response: HttpResponse<Unchecked<wire.ScanResult>> = await this.as('POST', `/v1/tickets/${uuid}/scan`, json);
    if (response.status === 200) this.scanToken = response.body.scanToken;
    return response;
  }

  confirm({ uuid }: { uuid: string }, scanToken = this.scanToken, number?: number): Promise<HttpResponse> {
    const json: wire.Confirm = { scanToken, number };
    return this.as('POST', `/v1/tickets/${uuid}/confirm`, json);
  }

  deny({ uuid }: { uuid: string }, reason?: wire.Deny['reason'], scanToken = this.scanToken): Promise<HttpResponse> {
    const json: wire.Deny = { scanToken, reason };
    return this.as('POST', `/v1/tickets/${uuid}/deny`, json);
  }

  /** Waits for the screen, up to so many seconds. */
  outcome(
    { uuid }: { uuid: string },
    { wait, signal }: { wait?: number; signal?: AbortSignal } = {},
  ): Promise<HttpResponse<Unchecked<wire.Outcome>>> {
    const query = wait === undefined ? '' : `?wait=${wait}`;
    const headers = { authorization: `Bearer ${this.tokens!.accessToken}`, 'x-device-id': this.id };
    return call('GET', `${this.url}/v1/tickets/${uuid}/outcome${query}`, { headers, signal });
  }
}

/** Makes an account. @returns its user name */
export async function register(url: string, displayName = 'Ada Lovelace'): Promise<string> {
  const username = `ada.${randomUUID().slice(0, 13)}`;
  await session({ server: url }).register({ username, password: PASSWORD, displayName });
  return username;
}

/** A phone that is signed in; to a new account unless one is given. */
export async function signedInPhone(url: string, username?: string, type?: Phone['type']): Promise<Phone> {
  const phone = new Phone(url, username ?? (await register(url)), type);
  const recorder = new Recorder(url);
  const device = { id: phone.id, type: phone.type };
  await session({ server: url, device, fetch: recorder.fetch }).signIn(phone.username, PASSWORD);
  phone.tokens = recorder.body('POST /v1/sessions') as Tokens;
  return phone;
}

/** A screen that is signed in by a whole login. */
export async function signedInScreen(url: string, phone: Phone, type?: Screen['type']): Promise<Screen> {
  const screen = new Screen(url, type);
  const recorder = new Recorder(url);
  const device = { id: screen.id, type: screen.type };
  const deciding = phoneOf(await phone.session());
  let ticket: ScannedTicket | undefined;
  for await (const state of screenLogin({ server: url, device, fetch: recorder.fetch, renewals: 0 })) {
    if (state.at === 'waiting') ticket = await deciding.scan(state.qrUrl);
    if (state.at === 'scanned') await ticket!.confirm(state.number);
    // the client would retry forever
    if (state.at === 'offline') throw state.error;
    if (state.at === 'over') throw new Error(`the ticket is ${state.why}`);
    if (state.at === 'signed-in') screen.tokens = state.tokens as Tokens;
  }
  const { uuid, secret, qrUrl } = recorder.body('POST /v1/tickets') as wire.OpenedTicket;
  return Object.assign(screen, { uuid, secret, qrUrl });
}

/** Phones of that many people. A few sign in at a time, since only a few passwords are hashed at once. */
export async function signedInPhones(url: string, count: number): Promise<Phone[]> {
  const phones: Phone[] = [];
  while (phones.length < count) {
    const few = Math.min(8, count - phones.length);
    phones.push(...(await Promise.all(Array.from({ length: few }, () => signedInPhone(url)))));
  }
  return phones;
}

/** A screen whose ticket has come to this status through its moves; the phone is the one that scans it. */
export async function screenAt(status: TicketStatus, { url, db }: { url: string; db: DataSource }, phone: Phone) {
  const screen = new Screen(url);
  await screen.open();
  if (status === 'expired') await letPass(db, screen, 300);
  if (['scanned', 'confirmed', 'denied', 'redeemed'].includes(status)) {
    const { scanToken } = (await phone.scan(screen)).body;
    if (['confirmed', 'redeemed'].includes(status)) await phone.confirm(screen, scanToken);
    if (status === 'denied') await phone.deny(screen, undefined, scanToken);
  }
  if (status === 'cancelled') await screen.cancel();
  if (status === 'redeemed') await screen.redeem();
  return screen;
}

/** The row of a ticket. */
export async function rowOf(db: DataSource, { uuid }: { uuid: string }): Promise<Record<string, any> | undefined> {
  const [row] = await db.query<Record<string, any>[]>('SELECT * FROM tickets WHERE uuid = $1', [uuid]);
  return row;
}

/** Makes a ticket older by that many seconds. Ten minutes after its end it is swept away. */
export async function letPass(db: DataSource, { uuid }: { uuid: string }, seconds: number): Promise<void> {
  const shifted = ['created_at', 'expires_at', 'decide_until', 'redeemed_at'].map(
    (time) => `${time} = ${time} - make_interval(secs => $2)`,
  );
  await db.query(`UPDATE tickets SET ${shifted.join(', ')} WHERE uuid = $1`, [uuid, seconds]);
}

import { randomUUID } from 'node:crypto';
import type { TicketStatus } from '@scan-login/nest/qr';
import type { DataSource } from 'typeorm';
import { type Answer, call } from './http.js';

export const PASSWORD = 'correct horse battery staple';

export interface Tokens {
  tokenType: 'Bearer' | 'DPoP';
  accessToken: string;
  expiresIn: number;
  refreshToken: string;
  refreshExpiresIn: number;
  session: { id: string };
  account: { id: string; displayName: string; avatarUrl: string | null };
}

/** Something that names itself and may hold tokens. */
class Device {
  readonly id: string = randomUUID();
  tokens?: Tokens;

  constructor(readonly url: string) {}

  /** A call with the token and the name of this device, or with others that are given. */
  as(method: string, path: string, json?: unknown, headers: Record<string, string | undefined> = {}): Promise<Answer> {
    const authorization = this.tokens && `Bearer ${this.tokens.accessToken}`;
    return call(method, this.url + path, { json, headers: { authorization, 'x-device-id': this.id, ...headers } });
  }

  /** The same device, calling another instance of the server. */
  at(url: string): this {
    return Object.assign(Object.create(Object.getPrototypeOf(this) as object) as this, this, { url });
  }

  account(): Promise<Answer> {
    return this.as('GET', '/v1/account');
  }

  sessions(): Promise<Answer> {
    return this.as('GET', '/v1/sessions');
  }

  signOut(): Promise<Answer> {
    return this.as('DELETE', '/v1/sessions/current');
  }

  async refresh(refreshToken = this.tokens!.refreshToken, deviceId: string | undefined = this.id): Promise<Answer> {
    return this.as(
      'POST',
      '/v1/sessions/refresh',
      { refreshToken },
      { authorization: undefined, 'x-device-id': deviceId },
    );
  }
}

/** A screen that shows a code: opens a ticket, waits, redeems. */
export class Screen extends Device {
  uuid = '';
  secret = '';
  qrUrl = '';

  constructor(
    url: string,
    readonly type: 'web' | 'desktop' | 'tv' | 'cli' = 'web',
  ) {
    super(url);
  }

  async open(device: object = {}): Promise<Answer> {
    const answer = await call('POST', `${this.url}/v1/tickets`, {
      json: { device: { id: this.id, type: this.type, ...device } },
    });
    if (answer.status === 201) ({ uuid: this.uuid, secret: this.secret, qrUrl: this.qrUrl } = answer.body);
    return answer;
  }

  /** One long poll. */
  poll(
    known = 'pending',
    { wait, secret, signal }: { wait?: number; secret?: string | null; signal?: AbortSignal } = {},
  ) {
    const query = new URLSearchParams({ known, ...(wait !== undefined && { wait: String(wait) }) });
    return call('GET', `${this.url}/v1/tickets/${this.uuid}/status?${query.toString()}`, {
      headers: { 'x-ticket-secret': secret === null ? undefined : (secret ?? this.secret) },
      signal,
    });
  }

  async redeem({ secret, device }: { secret?: string | null; device?: string | null } = {}): Promise<Answer> {
    const answer = await call('POST', `${this.url}/v1/tickets/${this.uuid}/redeem`, {
      headers: {
        'x-ticket-secret': secret === null ? undefined : (secret ?? this.secret),
        'x-device-id': device === null ? undefined : (device ?? this.id),
      },
    });
    if (answer.status === 200) this.tokens = answer.body as Tokens;
    return answer;
  }

  cancel(secret = this.secret): Promise<Answer> {
    return call('DELETE', `${this.url}/v1/tickets/${this.uuid}`, { headers: { 'x-ticket-secret': secret } });
  }
}

/** A phone with a session: scans and decides. */
export class Phone extends Device {
  scanToken = '';

  constructor(
    url: string,
    readonly username: string,
    readonly type: string = 'phone',
  ) {
    super(url);
  }

  async signIn(password = PASSWORD): Promise<Answer> {
    const answer = await call('POST', `${this.url}/v1/sessions`, {
      json: { username: this.username, password, device: { id: this.id, type: this.type } },
    });
    if (answer.status === 201) this.tokens = answer.body as Tokens;
    return answer;
  }

  async scan({ uuid }: { uuid: string }): Promise<Answer> {
    const answer = await this.as('POST', `/v1/tickets/${uuid}/scan`);
    if (answer.status === 200) this.scanToken = answer.body.scanToken;
    return answer;
  }

  confirm({ uuid }: { uuid: string }, scanToken = this.scanToken): Promise<Answer> {
    return this.as('POST', `/v1/tickets/${uuid}/confirm`, { scanToken });
  }

  deny({ uuid }: { uuid: string }, reason?: 'declined' | 'not_me', scanToken = this.scanToken): Promise<Answer> {
    return this.as('POST', `/v1/tickets/${uuid}/deny`, { scanToken, reason });
  }
}

/** Makes an account. @returns its user name */
export async function register(url: string, displayName = 'Ada Lovelace'): Promise<string> {
  const username = `ada.${randomUUID().slice(0, 13)}`;
  const answer = await call('POST', `${url}/v1/accounts`, { json: { username, password: PASSWORD, displayName } });
  if (answer.status !== 201) throw new Error(`could not register: ${JSON.stringify(answer.body)}`);
  return username;
}

/** A phone whose person has an account and is signed in; a new account unless one is named. */
export async function signedInPhone(url: string, username?: string, type?: string): Promise<Phone> {
  const phone = new Phone(url, username ?? (await register(url)), type);
  const answer = await phone.signIn();
  if (answer.status !== 201) throw new Error(`could not sign in: ${JSON.stringify(answer.body)}`);
  return phone;
}

/** A screen that went the whole way. */
export async function signedInScreen(url: string, phone: Phone, type?: Screen['type']): Promise<Screen> {
  const screen = new Screen(url, type);
  await screen.open();
  await phone.scan(screen);
  await phone.confirm(screen);
  const answer = await screen.redeem();
  if (answer.status !== 200) throw new Error(`could not redeem: ${JSON.stringify(answer.body)}`);
  return screen;
}

/** Phones of as many persons. A few sign in at a time, because few may wait for their password to be hashed. */
export async function signedInPhones(url: string, count: number): Promise<Phone[]> {
  const phones: Phone[] = [];
  while (phones.length < count) {
    const few = Math.min(8, count - phones.length);
    phones.push(...(await Promise.all(Array.from({ length: few }, () => signedInPhone(url)))));
  }
  return phones;
}

/** A screen whose ticket has come to this status, in the way that tickets do; the phone is the one that scans it. */
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

/** Makes a ticket older, as if so many seconds had gone by. Ten minutes after its end it is swept away. */
export async function letPass(db: DataSource, { uuid }: { uuid: string }, seconds: number): Promise<void> {
  const shifted = ['created_at', 'expires_at', 'decide_until', 'redeemed_at'].map(
    (time) => `${time} = ${time} - make_interval(secs => $2)`,
  );
  await db.query(`UPDATE tickets SET ${shifted.join(', ')} WHERE uuid = $1`, [uuid, seconds]);
}

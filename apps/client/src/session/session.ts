import { deviceIdOf } from '../device-id.js';
import { ScanLoginError } from '../error.js';
import { type Call, callJson, parse, send } from '../http/call.js';
import { retry } from '../http/retry.js';
import { type ByteReader, type FetchResponse, type Platform, platformOf } from '../platform.js';
import type { ProofKey } from '../proof-key.js';
import type { Account, NewAccount, Session as Listed, SessionList, SignIn, Tokens } from '../wire.js';
import { Keep, type Kept } from './kept.js';
import { platformLock } from './lock.js';
import type { SessionOptions } from './options.js';
import { Proofs } from './proofs.js';

/** The server lets a refresh be repeated for 10 seconds. After that, a used refresh token ends the session. */
const REFRESH_WITHIN_MS = 6_000;
const REFRESH_TIMEOUT_MS = 4_000;
/** Other refusals with 401 are about the call alone: a wrong current password, or a rule of the application's own. */
const ENDS = new Set<string>(['token_invalid', 'session_ended']);

type Read<Result> = (response: FetchResponse) => Promise<Result>;

/** A call on behalf of the account. */
export type SessionCall = Pick<Call, 'method' | 'body' | 'signal' | 'timeout'>;

/** One account, signed in on this device: keeps its tokens and makes its calls. */
export class Session {
  private readonly keep: Keep;
  /** Of the calls of this session. */
  readonly platform: Platform;
  private readonly proofs: Proofs;
  private now?: Kept;
  private id?: string;
  private key?: ProofKey;
  private refreshing?: Promise<void>;

  constructor(private readonly options: SessionOptions) {
    this.platform = platformOf(options);
    this.proofs = new Proofs(options, this.platform);
    this.keep = new Keep(options);
    this.id = options.device?.id;
  }

  /** The account and the id of the session; nothing before it has begun. */
  get current(): Pick<Tokens, 'session' | 'account'> | undefined {
    return this.now && { session: this.now.session, account: this.now.account };
  }

  /** Id of this device. It is kept for later sessions. */
  async deviceId(): Promise<string> {
    this.id ??= await this.keep.deviceId(deviceIdOf);
    return this.id;
  }

  /**
   * Resumes the session in the storage. The next call shows whether it still lives.
   * @returns whether there is one
   * @throws ScanLoginError, a transient one, if the key cannot be loaded, or, with `refreshCookie`, the server be
   *   reached
   */
  async resume(): Promise<boolean> {
    const kept = await this.keep.session();
    if (!kept) return false;
    try {
      await this.take(kept);
      if (!kept.accessToken) await this.refresh(undefined);
      return true;
    } catch (error) {
      // it is still in the storage, unless it is over
      this.now = undefined;
      if (!(error instanceof ScanLoginError) || error.isPassing) throw error;
      return false;
    }
  }

  /** Begins the session with the last state of `screenLogin`. */
  async begin({ tokens, deviceId, key }: { tokens: Tokens; deviceId: string; key?: ProofKey }): Promise<void> {
    this.id = deviceId;
    await this.keep.keepDeviceId(deviceId);
    this.key = key;
    await this.hold(tokens);
  }

  /**
   * Signs this device in.
   * @throws ScanLoginError invalid_credentials | too_many_attempts | session_limit_reached | …; the reason of `signal`
   */
  async signIn(username: string, password: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { type = 'phone', name } = this.options.device ?? {};
    const body: SignIn = { username, password, device: { id: await this.deviceId(), type, name } };
    const key = await this.proofs.newKey();
    const refreshCookie = this.options.refreshCookie || undefined;
    const given: Call = { method: 'POST', body: { ...body, refreshCookie }, signal };
    const tokens = await this.proven('/v1/sessions', given, key);
    this.key = tokens.tokenType === 'DPoP' ? key : undefined;
    await this.hold(tokens);
  }

  /**
   * Creates an account. Does not sign in.
   * @throws ScanLoginError invalid_request | username_taken | …
   */
  register(account: NewAccount): Promise<Account> {
    return callJson<Account>(this.platform, this.at('/v1/accounts'), { method: 'POST', body: account });
  }

  async signOut(): Promise<void> {
    await this.call('/v1/sessions/current', { method: 'DELETE' });
    await this.forget();
  }

  account(): Promise<Account> {
    return this.call<Account>('/v1/account');
  }

  async sessions(): Promise<Listed[]> {
    return (await this.call<SessionList>('/v1/sessions')).sessions;
  }

  /** @throws ScanLoginError session_not_found | companion_session | … */
  async endSession(id: string): Promise<void> {
    await this.call(`/v1/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' });
  }

  /**
   * Makes a call on behalf of the account. Refreshes the tokens if necessary, once for all calls.
   * @param path relative to `server`
   * @returns the JSON of the response, unchecked; nothing if it has no body
   * @throws ScanLoginError; the reason of `signal`
   */
  call<Body = void>(path: string, given: SessionCall = {}): Promise<Body> {
    return this.attempt(path, given, bodyOf<Body>);
  }

  /**
   * Opens a stream of server-sent events on behalf of the account, as `call` makes a call. Cancel it when it is no
   * longer needed.
   * @returns its bytes; nothing where the platform has no streams
   */
  stream(path: string, given: Pick<SessionCall, 'signal'> = {}): Promise<ByteReader | undefined> {
    return this.attempt(path, given, async ({ body }) => body?.getReader());
  }

  private async attempt<Result>(path: string, given: SessionCall, read: Read<Result>): Promise<Result> {
    for (let recovered = 0; ; recovered += 1) {
      const used = this.now;
      if (!used) throw new ScanLoginError({ code: 'token_invalid', status: 401, title: 'Not signed in' });
      try {
        return await this.send(path, given, used, read);
      } catch (error) {
        if (!(error instanceof ScanLoginError) || error.status !== 401) throw error;
        await this.recover(error, used, recovered);
      }
    }
  }

  /** Prepares another attempt of the call. @throws the error, if that is not possible */
  private async recover(error: ScanLoginError, used: Kept, recovered: number): Promise<void> {
    const mayPass = error.code === 'token_expired' || error.code === 'proof_invalid';
    if (!mayPass) throw ENDS.has(error.code) ? await this.end(error, used) : error;
    if (recovered > 1) throw error;
    if (error.code === 'token_expired') await this.refresh(used.accessToken);
    else if (this.key) this.proofs.setClock(error, this.key);
    // the session is bound to a key that is lost
    else throw await this.end(error, used);
  }

  private async send<Result>(
    path: string,
    given: SessionCall,
    { accessToken = '' }: Kept,
    read: Read<Result>,
  ): Promise<Result> {
    const headers = {
      Authorization: `${this.key ? 'DPoP' : 'Bearer'} ${accessToken}`,
      'X-Device-Id': await this.deviceId(),
      ...(await this.proofs.headers(this.key, given.method ?? 'GET', path, accessToken)),
    };
    return send(this.platform, this.at(path), { ...given, headers }, read);
  }

  /**
   * Refreshes the tokens, once for all calls that wait for it, here and in other tabs.
   * @param expired the access token that has expired
   */
  private async refresh(expired: string | undefined): Promise<void> {
    if (this.now?.accessToken !== expired) return;
    const { lock = platformLock, name = 'scan-login' } = this.options;
    this.refreshing ??= lock(`${name}.refresh`, () => this.refreshInTurn(expired)).finally(() => {
      this.refreshing = undefined;
    });
    await this.refreshing;
  }

  private async refreshInTurn(expired: string | undefined): Promise<void> {
    const used = this.now!;
    const kept = await this.keep.session();
    if (!kept) throw await this.end(over('signed_out'), used);
    if (kept.session.id !== used.session.id) throw await this.end(over('replaced'), used);
    // another tab has refreshed them
    if (kept.accessToken && kept.accessToken !== expired) return this.take(kept);
    const { refreshToken } = kept;
    const body = refreshToken === undefined ? undefined : { refreshToken };
    const repeated = () =>
      this.proven('/v1/sessions/refresh', { method: 'POST', body, timeout: REFRESH_TIMEOUT_MS }, this.key);
    try {
      const tokens = await retry(repeated, { within: REFRESH_WITHIN_MS, ...this.platform });
      // the user may have signed out in the meantime
      if (this.now?.session.id === used.session.id) await this.hold(tokens);
    } catch (error) {
      if (!(error instanceof ScanLoginError) || error.isPassing || error.code === 'proof_invalid') throw error;
      // a proxy in between cannot end a session
      throw error.code === 'unexpected' ? error : await this.end(error, used);
    }
  }

  private async proven(path: string, given: Call, key?: ProofKey): Promise<Tokens> {
    return this.proofs.tokens(path, given, await this.deviceId(), key);
  }

  private async hold(tokens: Tokens): Promise<void> {
    const proof = this.key && { base: this.key.base, ahead: this.key.ahead };
    this.now = { ...tokens, proof };
    const { accessToken, ...rest } = { ...tokens, proof };
    await this.keep.write(this.options.refreshCookie ? rest : { ...rest, accessToken });
  }

  private async take(kept: Kept): Promise<void> {
    this.now = kept;
    this.key = kept.tokenType === 'DPoP' ? (this.key ?? (await this.proofs.keptKey())) : undefined;
    if (this.key) Object.assign(this.key, kept.proof);
  }

  /** Ends the session, and reports it once, even if many calls have failed. @returns the error, to be thrown */
  private async end(error: ScanLoginError, used: Kept): Promise<ScanLoginError> {
    if (this.now?.session.id !== used.session.id) return error;
    await this.forget();
    // a session that was only to be resumed has not been used yet
    if (used.accessToken) this.options.onEnd?.(error.reason ?? error.code);
    return error;
  }

  private async forget(): Promise<void> {
    const ended = this.now;
    this.now = undefined;
    this.key = undefined;
    if (ended) await this.keep.remove(ended.session.id);
  }

  private at(path: string): string {
    return this.options.server + path;
  }
}

async function bodyOf<Body>(response: FetchResponse): Promise<Body> {
  const text = await response.text();
  const body = parse(text);
  if (text && !body) throw new ScanLoginError({ code: 'unexpected', status: 200 });
  return body as Body;
}

function over(reason: string): ScanLoginError {
  return new ScanLoginError({ code: 'session_ended', status: 401, reason });
}

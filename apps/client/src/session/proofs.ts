import { ScanLoginError } from '../error.js';
import { type Call, callJson } from '../http/call.js';
import type { Platform } from '../platform.js';
import { keyOf, type ProofKey } from '../proof-key.js';
import type { Tokens } from '../wire.js';
import type { SessionOptions } from './options.js';

/** Makes proofs with the key of a session. */
export class Proofs {
  constructor(
    private readonly options: Pick<SessionOptions, 'server' | 'publicUrl' | 'key' | 'storage'>,
    private readonly platform: Platform,
  ) {}

  /** The key for a new session. Not a key that is lost after a restart which the session survives. */
  async newKey(): Promise<ProofKey | undefined> {
    const key = await keyOf(this.options.key);
    return key?.isKept === false && this.options.storage ? undefined : key;
  }

  /** The key for a session that has begun. */
  keptKey(): Promise<ProofKey | undefined> {
    return keyOf(this.options.key);
  }

  /** The headers for one call; none without a key. */
  async headers(
    key: ProofKey | undefined,
    method: string,
    path: string,
    accessToken?: string,
  ): Promise<Record<string, string>> {
    if (!key) return {};
    const { publicUrl, server } = this.options;
    key.base = publicUrl ?? (key.base || server || (globalThis as { location?: { origin: string } }).location!.origin);
    return { DPoP: await key.prove(method, path, accessToken) };
  }

  /** Makes a call that returns tokens. If the first proof is refused, our clock may be wrong. */
  async tokens(path: string, given: Call, deviceId: string, key?: ProofKey): Promise<Tokens> {
    const attempt = async () =>
      callJson<Tokens>(
        this.platform,
        this.options.server + path,
        { ...given, headers: { 'X-Device-Id': deviceId, ...(await this.headers(key, 'POST', path)) } },
        ({ accessToken, session, account }) => accessToken && session && account,
      );
    try {
      return await attempt();
    } catch (error) {
      if (!key || !(error instanceof ScanLoginError) || error.code !== 'proof_invalid') throw error;
      this.setClock(error, key);
      return attempt();
    }
  }

  /**
   * Sets the key's clock by the response that refused a proof. If the response has no time, another proof may still
   * succeed: the browser may have sent the call twice.
   */
  setClock({ serverTime }: ScanLoginError, key: ProofKey): void {
    if (serverTime !== undefined) key.ahead = serverTime - this.platform.clock.date();
  }
}

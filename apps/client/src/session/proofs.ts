import type { ScanLoginError } from '../error.js';
import type { Platform } from '../platform.js';
import { keyOf, type ProofKey } from '../proof-key.js';
import type { SessionOptions } from './options.js';

/** Makes proofs with the key of a session. */
export class Proofs {
  constructor(
    private readonly options: SessionOptions,
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

  /**
   * Sets the key's clock by the response that refused a proof. If the response has no time, another proof may still
   * succeed: the browser may have sent the call twice.
   */
  setClock({ serverTime }: ScanLoginError, key: ProofKey): void {
    if (serverTime !== undefined) key.ahead = serverTime - this.platform.clock.date();
  }
}

import type { ScanLoginError } from '../error.js';
import type { Platform } from '../platform.js';
import { keyOf, type ProofKey } from '../proof-key.js';
import type { SessionOptions } from './options.js';

/** Proofs by the key that a session is bound to, or may be. */
export class Proofs {
  constructor(
    private readonly options: SessionOptions,
    private readonly platform: Platform,
  ) {}

  /** To begin a session with: none that is gone after a restart, where the session is not. */
  async newKey(): Promise<ProofKey | undefined> {
    const key = await keyOf(this.options.key);
    return key?.isKept === false && this.options.storage ? undefined : key;
  }

  /** For a session that has begun. */
  keptKey(): Promise<ProofKey | undefined> {
    return keyOf(this.options.key);
  }

  /** Goes with one call; nothing without a key. */
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
   * Sets the key's clock by the response that has refused a proof. Where that does not tell the time, another proof may
   * do: a browser may have sent the call twice by itself.
   */
  setClock({ serverTime }: ScanLoginError, key: ProofKey): void {
    if (serverTime !== undefined) key.ahead = serverTime - this.platform.clock.date();
  }
}

/** What a session is bound to: makes the proof that goes with each of its calls. @see RFC 9449 */
export interface ProofKey {
  /** Address of the server as it knows itself; set by `screenLogin` and `session`. */
  base: string;
  /** How far the server's clock is ahead of ours, in milliseconds; set by `screenLogin` and `session`. */
  ahead: number;
  /** Whether it is there again after a restart. */
  readonly isKept?: boolean;
  /**
   * A proof for one call, once.
   * @param path from `base` on; a query is left out
   * @param accessToken the one that goes with the call
   */
  prove(method: string, path: string, accessToken?: string): Promise<string>;
}

/** A key, or what loads one: nothing where the platform has no keys, and then the session is not bound. */
export type GivenKey = ProofKey | (() => Promise<ProofKey | undefined>) | undefined;

export async function keyOf(given: GivenKey): Promise<ProofKey | undefined> {
  return typeof given === 'function' ? given() : given;
}

/** A key that a session is bound to. It makes the proof of each call. @see RFC 9449 */
export interface ProofKey {
  /** The server's `PUBLIC_URL`; set by `screenLogin` and `session`. */
  base: string;
  /** How far the server's clock is ahead of ours, in milliseconds; set by `screenLogin` and `session`. */
  ahead: number;
  /** Whether it survives a restart. */
  readonly isKept?: boolean;
  /**
   * A proof for one call.
   * @param path relative to `base`; a query is left out
   * @param accessToken the token of the call
   */
  prove(method: string, path: string, accessToken?: string): Promise<string>;
  /**
   * The SHA-256 thumbprint of the public key, in base64url. Without it, a ticket is not bound to the key.
   * @see RFC 7638
   */
  thumbprint?(): Promise<string>;
}

/** A key, or a function that loads one. If it returns nothing, the session is not bound. */
export type GivenKey = ProofKey | (() => Promise<ProofKey | undefined>) | undefined;

export async function keyOf(given: GivenKey): Promise<ProofKey | undefined> {
  return typeof given === 'function' ? given() : given;
}

/** How much of a thumbprint a link contains: 132 bits. */
const LENGTH_IN_LINK = 22;

/** A thumbprint as it is in a link; empty without a key. */
export function inLink(thumbprint: string | null | undefined): string {
  return (thumbprint ?? '').slice(0, LENGTH_IN_LINK);
}

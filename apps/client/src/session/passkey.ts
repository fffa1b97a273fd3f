import { deviceIdOf } from '../device-id.js';
import { callJson } from '../http/call.js';
import { type Platform, platformOf } from '../platform.js';
import type { ProofKey } from '../proof-key.js';
import type { Assertion, PasskeySignIn, Tokens, VerificationOptions } from '../wire.js';
import type { SessionOptions } from './options.js';
import { Proofs } from './proofs.js';

/**
 * Asks the user for a passkey: `navigator.credentials.get` of a browser, or the same of an app, whose JSON forms are used.
 */
export type Verify = (options: VerificationOptions) => Promise<Assertion>;

export interface PasskeySignInOptions
  extends Partial<Platform>, Pick<SessionOptions, 'server' | 'publicUrl' | 'key' | 'refreshCookie'> {
  /** How this device describes itself. Its `id` is made, unless one is given. */
  device: Omit<PasskeySignIn['device'], 'id'> & { id?: string };
  verify: Verify;
  signal?: AbortSignal;
}

/**
 * Signs this device in with a passkey, which names its account itself.
 * @returns what `begin` of a session takes
 * @throws ScanLoginError invalid_credentials | too_many_attempts | session_limit_reached | …; what `verify` throws; the
 *   reason of `signal`
 */
export async function signInWithPasskey(
  options: PasskeySignInOptions,
): Promise<{ tokens: Tokens; deviceId: string; key?: ProofKey }> {
  const { server, device, verify, signal, refreshCookie } = options;
  const platform = platformOf(options);
  const path = '/v1/sessions/passkey';
  const asked = { method: 'POST', signal } as const;
  const assertion = await verify(
    await callJson<VerificationOptions>(platform, `${server}${path}/options`, asked, ({ challenge }) => challenge),
  );
  const deviceId = device.id ?? deviceIdOf();
  const proofs = new Proofs(options, platform);
  const key = await proofs.newKey();
  const body = { assertion, device: { ...device, id: deviceId }, refreshCookie } satisfies PasskeySignIn;
  const tokens = await proofs.tokens(path, { ...asked, body }, deviceId, key);
  return { tokens, deviceId, key: tokens.tokenType === 'DPoP' ? key : undefined };
}

import { PlainText } from '@scan-login/nest/common';
import { z } from 'zod';

/** Binary content, as base64url. */
const Bytes = PlainText.pipe(z.string().regex(/^[\w-]{1,8192}$/, 'Must be base64url'));

/** At most 1023 bytes. @see https://www.w3.org/TR/webauthn-3/#credential-id */
const CredentialId = PlainText.pipe(z.string().regex(/^[\w-]{1,1364}$/, 'Must be base64url of at most 1023 bytes'));

const AssertionResponse = z
  .object({ clientDataJSON: Bytes, authenticatorData: Bytes, signature: Bytes, userHandle: Bytes.nullish() })
  .meta({ id: 'AssertionResponse' });

/**
 * What a passkey has signed, as `PublicKeyCredential.toJSON()` returns it. Members that are not needed are ignored: a
 * browser may add some.
 * @see https://www.w3.org/TR/webauthn-3/#dictdef-authenticationresponsejson
 */
export const Assertion = z
  .object({
    id: CredentialId,
    rawId: CredentialId,
    type: z.literal('public-key'),
    response: AssertionResponse,
  })
  .meta({ id: 'Assertion' });
export type Assertion = z.infer<typeof Assertion>;

const PasskeyDescriptor = z
  .object({ id: z.string(), type: z.literal('public-key'), transports: z.array(z.string()).optional() })
  .meta({ id: 'PasskeyDescriptor' });

/** For `PublicKeyCredential.parseRequestOptionsFromJSON()`, or the same of an app. */
export const VerificationOptions = z
  .looseObject({
    challenge: z.string(),
    rpId: z.string(),
    timeout: z.int().describe('Milliseconds'),
    userVerification: z.literal('required'),
    allowCredentials: z.array(PasskeyDescriptor).optional(),
  })
  .meta({ id: 'VerificationOptions' });
export type VerificationOptions = z.infer<typeof VerificationOptions>;

/** A verification that has succeeded. */
export interface Verified {
  /** What verified the user: the id of a passkey, for the audit log. */
  id: string;
  /** Called once the verification has had its effect. */
  used(): Promise<void>;
}

/**
 * Verifies that the user of an account is present, by something that only they can use. `PasskeysModule` provides it,
 * and tickets ask for it with `confirmVerify`.
 */
export abstract class UserVerification {
  /** Whether the account has anything to verify its user by. */
  abstract has(accountId: string): Promise<boolean>;
  /** What the phone needs to verify its user. @param challenge 32 bytes that stand for what is approved */
  abstract options(accountId: string, challenge: Buffer): Promise<VerificationOptions>;
  /** @returns nothing if the assertion is not this account's, or not for this challenge */
  abstract verify(accountId: string, challenge: Buffer, assertion: Assertion): Promise<Verified | undefined>;
}

import { type AttestationObject, decodeAttestationObject, isoBase64URL, isoCBOR } from '@simplewebauthn/server/helpers';

/**
 * Removes the statement about the authenticator, which is not asked for. A check of it would fetch the revocation lists
 * that its certificates name, and these come from the client.
 * @param attestationObject base64url
 * @throws Error if it is none
 * @see https://www.w3.org/TR/webauthn-3/#sctn-attestation
 */
export function withoutStatement(attestationObject: string): string {
  const given: AttestationObject = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject));
  const members = new Map<string, string | Uint8Array | Map<string, never>>([
    ['fmt', 'none'],
    ['attStmt', new Map<string, never>()],
    ['authData', given.get('authData')],
  ]);
  return isoBase64URL.fromBuffer(isoCBOR.encode(members));
}

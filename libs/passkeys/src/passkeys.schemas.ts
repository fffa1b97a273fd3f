import { PlainText, shownText } from '@scan-login/nest/common';
import { Assertion, OwnDevice, WantsCookie } from '@scan-login/nest/device-auth';
import { z } from 'zod';

const { id, rawId, type } = Assertion.shape;
const Bytes = PlainText.pipe(z.string().regex(/^[\w-]{1,32768}$/, 'Must be base64url'));

const AttestationResponse = z
  .object({
    clientDataJSON: Bytes,
    attestationObject: Bytes,
    transports: z
      .array(PlainText.pipe(z.string().max(32)))
      .max(16)
      .default([]),
  })
  .meta({ id: 'AttestationResponse' });

/** A new credential, as `PublicKeyCredential.toJSON()` returns it. Other members are ignored. */
const NewCredential = z.object({ id, rawId, type, response: AttestationResponse }).meta({ id: 'NewCredential' });

export const NewPasskey = z
  .strictObject({
    credential: NewCredential,
    name: shownText(64).optional().describe('A name by which people recognize it'),
  })
  .meta({
    id: 'NewPasskey',
    examples: [
      {
        credential: {
          id: 'sSPhvZ2W',
          rawId: 'sSPhvZ2W',
          type: 'public-key',
          response: { clientDataJSON: 'eyJ0eXBlIjoi', attestationObject: 'o2NmbXRkbm9u', transports: ['internal'] },
        },
        name: 'My phone',
      },
    ],
  });
export type NewPasskey = z.infer<typeof NewPasskey>;

const RelyingPartyView = z.object({ id: z.string(), name: z.string() }).meta({ id: 'RelyingParty' });
const PasskeyUser = z.object({ id: z.string(), name: z.string(), displayName: z.string() }).meta({ id: 'PasskeyUser' });

/** For `PublicKeyCredential.parseCreationOptionsFromJSON()`, or the same of an app. */
export const CreationOptions = z
  .looseObject({
    challenge: z.string(),
    rp: RelyingPartyView,
    user: PasskeyUser,
    timeout: z.int().describe('Milliseconds'),
  })
  .meta({ id: 'PasskeyCreationOptions' });
export type CreationOptions = z.infer<typeof CreationOptions>;

export const PasskeyView = z
  .object({
    id: z.uuid(),
    name: z.string().nullable(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
    isSynced: z.boolean().describe('Whether its provider keeps it on other devices, too'),
  })
  .meta({ id: 'Passkey' });
export type PasskeyView = z.infer<typeof PasskeyView>;

export const PasskeyList = z.object({ passkeys: z.array(PasskeyView) }).meta({ id: 'PasskeyList' });
export type PasskeyList = z.infer<typeof PasskeyList>;

export const PasskeySignIn = z
  .strictObject({ assertion: Assertion, device: OwnDevice, refreshCookie: WantsCookie })
  .meta({
    id: 'PasskeySignIn',
    examples: [
      {
        assertion: {
          id: 'sSPhvZ2W',
          rawId: 'sSPhvZ2W',
          type: 'public-key',
          response: { clientDataJSON: 'eyJ0eXBlIjoi', authenticatorData: 'SZYN5YgO', signature: 'MEUCIQDx' },
        },
        device: { id: 'phone-1', type: 'phone', name: 'My phone' },
      },
    ],
  });
export type PasskeySignIn = z.infer<typeof PasskeySignIn>;

import { PlainText, shownText } from '@scan-login/nest/common';
import { z } from 'zod';

export const SCREEN_TYPES = ['web', 'desktop', 'tv', 'cli'] as const;
export const DEVICE_TYPES = ['phone', ...SCREEN_TYPES] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

/** The id that a device has chosen, in bodies and in `X-Device-Id`. Not a secret: it is useless without its token. */
export const DeviceId = PlainText.pipe(
  z.string().regex(/^[\x21-\x7e]{1,128}$/, 'Must be 1 to 128 visible ASCII characters'),
).meta({ examples: ['b7f1c2f6-1d9f-4c1e-9a53-0d1a6a3f8a10'] });

/** What a client says about its device. @param types the accepted types */
export function deviceOf<const Types extends readonly [DeviceType, ...DeviceType[]]>(types: Types) {
  return z.strictObject({
    id: DeviceId,
    type: z.enum(types),
    name: shownText(64).optional().describe('A name by which people recognize it'),
  });
}

/** A device as the server knows it: what it said about itself, and what its requests tell. */
export interface Device {
  id: string;
  type: DeviceType;
  name: string | null;
  browser: string | null;
  os: string | null;
}

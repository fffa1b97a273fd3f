import { PlainText, shownText } from '@scan-login/nest/common';
import { z } from 'zod';

export const SCREEN_TYPES = ['web', 'desktop', 'tv', 'cli'] as const;
export const DEVICE_TYPES = ['phone', ...SCREEN_TYPES] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

/** The id that a device has chosen, in bodies and in `X-Device-Id`. Not a secret: it is useless without its token. */
export const DeviceId = PlainText.pipe(
  z.string().regex(/^[\x21-\x7e]{1,128}$/, 'Must be 1 to 128 visible ASCII characters'),
).meta({ examples: ['b7f1c2f6-1d9f-4c1e-9a53-0d1a6a3f8a10'] });

const Type = z.enum(DEVICE_TYPES).meta({ id: 'DeviceType' });
export const ScreenType = z.enum(SCREEN_TYPES).meta({ id: 'ScreenType' });

/** What a client says about its own device. */
export const OwnDevice = z
  .strictObject({
    id: DeviceId,
    type: Type,
    name: shownText(64).optional().describe('A name by which people recognize it'),
  })
  .meta({ id: 'OwnDevice' });

/** The same for a screen, which cannot be a phone. */
export const OwnScreen = OwnDevice.extend({ type: ScreenType }).meta({ id: 'OwnScreen' });

/** A device as others see it: what it said about itself, and what its requests tell. */
export const DeviceView = z
  .object({
    type: Type,
    name: z.string().nullable(),
    browser: z.string().nullable(),
    os: z.string().nullable(),
  })
  .meta({ id: 'Device' });

/** A device as the server knows it. */
export interface Device extends z.infer<typeof DeviceView> {
  id: string;
}

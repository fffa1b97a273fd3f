import { z } from 'zod';
import { DEVICE_TYPES } from '../devices/device.js';

export const ScreenView = z
  .object({
    id: z.uuid(),
    device: z
      .object({
        type: z.enum(DEVICE_TYPES).nullable(),
        name: z.string().nullable(),
        browser: z.string().nullable(),
        os: z.string().nullable(),
      })
      .describe('As of the last sign-in; null for what is not known'),
    place: z.string().nullable().describe('Where its address was, in English: a hint'),
    network: z.string().nullable().describe('The network around its address: an IPv4 /24, or an IPv6 /48'),
    hasKey: z.boolean().describe('Whether it is known by a key; otherwise by its device id, which is no secret'),
    isNew: z.boolean().describe('Until the owner acknowledges it'),
    firstSignedInAt: z.iso.datetime(),
    signedInAt: z.iso.datetime().describe('The last sign-in, exact to a day'),
    sessionId: z.uuid().nullable().describe('Its live session'),
  })
  .meta({ id: 'KnownScreen' });
export type ScreenView = z.infer<typeof ScreenView>;

export const ScreenList = z.object({ screens: z.array(ScreenView) }).meta({ id: 'KnownScreenList' });
export type ScreenList = z.infer<typeof ScreenList>;

import { PlainText } from '#libs/common';
import { z } from 'zod';
import { AccountView, GivenPassword } from '../accounts/accounts.schemas.js';
import { DEVICE_TYPES, deviceOf } from '../devices/device.js';

export const SignIn = z
  .strictObject({
    username: PlainText.pipe(z.string().max(256)),
    password: GivenPassword,
    device: deviceOf(DEVICE_TYPES),
  })
  .meta({
    id: 'SignIn',
    examples: [
      {
        username: 'ada',
        password: 'correct horse battery staple',
        device: { id: 'phone-1', type: 'phone', name: 'My phone' },
      },
    ],
  });
export type SignIn = z.infer<typeof SignIn>;

export const Refresh = z
  .strictObject({ refreshToken: PlainText.pipe(z.string().max(4096)) })
  .meta({ id: 'Refresh', examples: [{ refreshToken: 'the one of your last tokens' }] });
export type Refresh = z.infer<typeof Refresh>;

export const Tokens = z
  .object({
    tokenType: z.literal('Bearer'),
    accessToken: z.string(),
    expiresIn: z.int().describe('Seconds until the access token is dead'),
    refreshToken: z.string(),
    refreshExpiresIn: z.int().describe('Seconds until the session ends when nothing is called or refreshed'),
    session: z.object({ id: z.uuid() }),
    account: AccountView.omit({ username: true }),
  })
  .meta({ id: 'Tokens' });
export type Tokens = z.infer<typeof Tokens>;

export const SessionView = z
  .object({
    id: z.uuid(),
    current: z.boolean().describe('Whether it is the one that asks'),
    device: z.object({
      type: z.enum(DEVICE_TYPES),
      name: z.string().nullable(),
      browser: z.string().nullable(),
      os: z.string().nullable(),
    }),
    ip: z.string(),
    createdAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

export const SessionList = z.object({ sessions: z.array(SessionView) }).meta({ id: 'SessionList' });
export type SessionList = z.infer<typeof SessionList>;

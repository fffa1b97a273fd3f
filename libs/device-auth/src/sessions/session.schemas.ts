import { PlainText } from '@scan-login/nest/common';
import { z } from 'zod';
import { AccountSummary, GivenPassword } from '../accounts/accounts.schemas.js';
import { DeviceView, OwnDevice } from '../devices/device.js';

/** For pages of the server's own origin: the refresh token goes into an HttpOnly cookie, not into the response. */
export const WantsCookie = z
  .boolean()
  .optional()
  .describe('Puts the refresh token into an HttpOnly cookie, for pages of the same origin');

export const SignIn = z
  .strictObject({
    username: PlainText.pipe(z.string().max(256)),
    password: GivenPassword,
    device: OwnDevice,
    refreshCookie: WantsCookie,
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
  .strictObject({
    refreshToken: PlainText.pipe(z.string().max(4096)).optional().describe('May be left out if it is in the cookie'),
  })
  .meta({ id: 'Refresh', examples: [{ refreshToken: 'the one of your last tokens' }] })
  .nullish();
export type Refresh = z.infer<typeof Refresh>;

export const Tokens = z.object({
  tokenType: z
    .enum(['Bearer', 'DPoP'])
    .describe('The scheme of the Authorization header: DPoP if the token is bound to a key'),
  accessToken: z.string(),
  expiresIn: z.int().nonnegative().describe('Seconds until the access token expires'),
  refreshToken: z.string(),
  refreshExpiresIn: z.int().nonnegative().describe('Seconds until the session ends without a call or refresh'),
  session: z.object({ id: z.uuid() }),
  account: AccountSummary,
});
export type Tokens = z.infer<typeof Tokens>;

/** The response: without the refresh token, if that is in the cookie. */
export const TokensResponse = Tokens.extend({
  refreshToken: Tokens.shape.refreshToken.optional().describe('Left out if it is in the cookie'),
}).meta({
  id: 'Tokens',
  examples: [
    {
      tokenType: 'Bearer',
      accessToken: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IuKApiJ9.eyJzdWIiOiLigKYifQ.MEUCIQ',
      expiresIn: 600,
      refreshToken: 'pH2yQ0oXkB1m5n7r9t3v6w8z0A4C6E8G1I3K5M7O9Q2',
      refreshExpiresIn: 1800,
      session: { id: '5f0c8a52-7d1b-4f3e-9a64-2b8c1d0e7f35' },
      account: { id: '0b9f3c1e-6a2d-4e8b-8f57-c3d1a9e4b260', displayName: 'Ada Lovelace', avatarUrl: null },
    },
  ],
});
export type TokensResponse = z.infer<typeof TokensResponse>;

export const SessionView = z
  .object({
    id: z.uuid(),
    current: z.boolean().describe('Whether it is the session of this call'),
    device: DeviceView,
    ip: z.string(),
    createdAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

export const SessionList = z.object({ sessions: z.array(SessionView) }).meta({ id: 'SessionList' });
export type SessionList = z.infer<typeof SessionList>;

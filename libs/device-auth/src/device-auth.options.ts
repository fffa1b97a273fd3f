import { count, IsProxy, PublicUrl, seconds } from '@scan-login/nest/common';
import { z } from 'zod';

const DAY = 86_400;

export const DeviceAuthOptions = z.strictObject({
  publicUrl: PublicUrl,
  isPublicUrlGuessed: z
    .boolean()
    .default(false)
    .describe(
      "It was not configured, but is this machine's address in its network: browsers here may call it localhost as well",
    ),
  screenSessionIdle: seconds(1800, 30 * DAY, "Silence after which a screen's session ends"),
  screenSessionMax: seconds(12 * 3600, 365 * DAY, "Life of a screen's session"),
  phoneSessionIdle: seconds(30 * DAY, 365 * DAY, "Silence after which a phone's session ends"),
  phoneSessionMax: seconds(180 * DAY, 3650 * DAY, "Life of a phone's session"),
  sessionsPerDeviceType: count(1, [0, 1000], 'Live sessions of an account on devices of one type; 0 for no limit'),
  sessionLimitPolicy: z
    .enum(['replace_oldest', 'refuse'])
    .default('replace_oldest')
    .describe('What gives way at the limit: the oldest session, or the new one'),
  failuresPerAccount: count(
    10,
    [0, 1000],
    'Failed sign-ins to one account before each further one doubles the wait. As many are forgotten in 15 minutes, one after the other; 0 for no limit',
  ),
  failuresPerAddress: count(
    100,
    [0, 100_000],
    'The same from one address (IPv6: one /64, and multiples for a /56 and a /48); 0 for no limit',
  ),
  failuresInARow: count(
    100,
    [0, 100],
    'Failed sign-ins to one account in a row after which only a device that has signed in before gets in, until a right password there or for 30 days; such a device has as many of its own. NIST SP 800-63B-4 §3.2.2 allows at most 100; 0 for no limit',
  ),
  exemptLoopback: z
    .boolean()
    .default(false)
    .describe('Calls from this machine itself are not counted: for development, where they come from no proxy'),
  isProxy: IsProxy,
});
export type DeviceAuthOptions = z.output<typeof DeviceAuthOptions>;

export const DEVICE_AUTH_OPTIONS = Symbol('DeviceAuthOptions');

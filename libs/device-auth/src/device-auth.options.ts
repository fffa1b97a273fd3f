import { count, IsProxy, PublicUrl, seconds } from '@scan-login/nest/common';
import { z } from 'zod';

const DAY = 86_400;

export const DeviceAuthOptions = z.strictObject({
  publicUrl: PublicUrl,
  isPublicUrlGuessed: z
    .boolean()
    .default(false)
    .describe(
      "Whether it was not configured and is this machine's address in its network: browsers on this machine may use localhost, too",
    ),
  screenSessionIdle: seconds(1800, 30 * DAY, "Time without a call after which a screen's session ends"),
  screenSessionMax: seconds(12 * 3600, 365 * DAY, "Life of a screen's session"),
  phoneSessionIdle: seconds(30 * DAY, 365 * DAY, "Time without a call after which a phone's session ends"),
  phoneSessionMax: seconds(180 * DAY, 3650 * DAY, "Life of a phone's session"),
  sessionsPerDeviceType: count(1, [0, 1000], 'Live sessions of an account on devices of one type; 0 for no limit'),
  sessionLimitPolicy: z
    .enum(['replace_oldest', 'refuse'])
    .default('replace_oldest')
    .describe('What happens at the limit: the oldest session is replaced, or the new one is refused'),
  failuresPerAccount: count(
    10,
    [0, 1000],
    'Failed sign-ins to one account before each further one doubles the wait. As many are forgotten every 15 minutes, one at a time; 0 for no limit',
  ),
  failuresPerAddress: count(
    100,
    [0, 100_000],
    'The same from one address (IPv6: one /64, and multiples for a /56 and a /48); 0 for no limit',
  ),
  failuresInARow: count(
    100,
    [0, 100],
    'Failed sign-ins to one account in a row after which only a device that has signed in before is let in, until the right password is given there or for 30 days; each such device has the same limit of its own. NIST SP 800-63B-4 §3.2.2 allows at most 100; 0 for no limit',
  ),
  exemptLoopback: z
    .boolean()
    .default(false)
    .describe('Whether calls from this machine are not counted: for development, where they do not come from a proxy'),
  isProxy: IsProxy,
});
export type DeviceAuthOptions = z.output<typeof DeviceAuthOptions>;

export const DEVICE_AUTH_OPTIONS = Symbol('DeviceAuthOptions');

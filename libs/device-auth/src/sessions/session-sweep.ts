import { sql, type Sweep } from '@scan-login/nest/common';
import { REFRESH_TOKENS } from '@scan-login/nest/token';
import { SESSIONS } from './session.entity.js';

/**
 * For seven days a device that comes back is told why its session ended. The refresh tokens go with the session: finding
 * tokens without a session would read both tables from end to end, every time.
 */
export const SESSION_SWEEP: Sweep = {
  table: SESSIONS,
  key: sql`id`,
  past: sql`ended_at < now() - interval '7 days' OR expires_at < now() - interval '7 days'`,
  along: () => sql`DELETE FROM ${REFRESH_TOKENS} WHERE session_id IN (SELECT id FROM past)`,
  every: 60,
};

import { sql, type Sweep } from '@scan-login/nest/common';
import { REFRESH_TOKENS } from '@scan-login/nest/token';
import { SESSIONS } from './session.entity.js';

/**
 * For seven days a device that comes back can learn why its session ended. The refresh tokens are removed along with
 * the session: a search for tokens without a session would read both tables each time.
 */
export const SESSION_SWEEP: Sweep = {
  table: SESSIONS,
  key: sql`id`,
  past: sql`ended_at < now() - interval '7 days' OR expires_at < now() - interval '7 days'`,
  along: () => sql`DELETE FROM ${REFRESH_TOKENS} WHERE session_id IN (SELECT id FROM past)`,
  every: 60,
};

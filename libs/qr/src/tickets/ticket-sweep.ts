import { sql, type Sweep } from '@scan-login/nest/common';
import { TICKETS } from './ticket.entity.js';

/** A ticket that is over is kept for ten minutes, so that a late call can still learn how it ended. */
export const TICKET_SWEEP: Sweep = {
  table: TICKETS,
  key: sql`uuid`,
  past: sql`decide_until < now() - interval '10 minutes' AND expires_at < now() - interval '10 minutes'`,
  order: sql`decide_until`,
  every: 5,
};

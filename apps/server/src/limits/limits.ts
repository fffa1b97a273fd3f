import type { Cost } from '@scan-login/nest/common';
import type { Config } from '../config.js';

/** Calls of each cost that one client may make in a minute. No limit where 0 or absent. */
type Limit = Partial<Record<Cost, number>>;

/**
 * - `network`: for one network
 * - `account`: for one account, from any address; a session that began by a scan has the same limit for itself
 * - `ticket`: for one network on one ticket, so that a stranger with a photograph of the code does not use up the limit
 *   of the screen
 */
export type Limits = Record<'network' | 'account' | 'ticket', Limit>;
export const LIMITS = Symbol('Limits');

export function limitsOf(config: Config): Limits {
  return {
    network: {
      ticket: config.TICKETS_PER_MINUTE,
      poll: config.POLLS_PER_MINUTE,
      stream: config.STREAMS_PER_MINUTE,
      picture: config.PICTURES_PER_MINUTE,
      scan: config.SCANS_PER_MINUTE,
      decision: config.SCANS_PER_MINUTE,
      'sign-in': config.SIGN_INS_PER_MINUTE,
      account: config.ACCOUNTS_PER_MINUTE,
      call: config.CALLS_PER_MINUTE,
      page: config.PAGES_PER_MINUTE,
      metrics: config.METRICS_PER_MINUTE,
    },
    account: {
      scan: config.SCANS_PER_ACCOUNT,
      decision: config.SCANS_PER_ACCOUNT,
      call: config.CALLS_PER_ACCOUNT,
      // a phone that waits for its screen
      poll: config.CALLS_PER_ACCOUNT,
      // one that listens for notices
      stream: config.CALLS_PER_ACCOUNT,
      // a session hashes passwords only when it changes one: the current and the new password
      'sign-in': config.PASSWORD_CHANGES_PER_ACCOUNT,
    },
    ticket: { poll: config.POLLS_PER_TICKET, stream: config.POLLS_PER_TICKET, picture: config.POLLS_PER_TICKET },
  };
}

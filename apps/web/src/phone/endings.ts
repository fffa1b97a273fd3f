import type { ScanLoginError, TicketOutcome } from '@scan-login/client';

const OF_CODE: Record<string, string> = {
  offline: 'offline',
  ticket_expired: 'expired',
  ticket_not_found: 'unknown',
  ticket_already_scanned: 'taken',
  ticket_not_yours: 'taken',
  // only the same phone can scan again
  scan_token_invalid: 'otherTab',
  device_not_allowed: 'notPhone',
  number_wrong: 'wrongNumber',
  code_outdated: 'outdated',
  screen_key_mismatch: 'otherScreen',
};
const OF_STATUS: Record<string, string> = { cancelled: 'cancelled', denied: 'denied', expired: 'expired' };
const OF_OUTCOME: Record<TicketOutcome, string> = {
  redeemed: 'signedIn',
  cancelled: 'gone',
  expired: 'gone',
  denied: 'denied',
};

/** The ending to show for an error. */
export function endingOf({ code, currentStatus }: ScanLoginError): string {
  if (code === 'ticket_wrong_status') return OF_STATUS[currentStatus ?? ''] ?? 'used';
  return OF_CODE[code] ?? 'failed';
}

/** The ending to show for what became of the ticket. */
export function endingOfOutcome(outcome: TicketOutcome): string {
  return OF_OUTCOME[outcome];
}

/** The symbol of each ending. None is green: the phone cannot know whether the screen is the right one. */
export const SIGN_OF: Record<string, 'done' | 'bad'> = {
  signedIn: 'done',
  notMe: 'bad',
  wrongNumber: 'bad',
  otherScreen: 'bad',
};

/** What to do next, where it is not the way home: try again, scan here again, or scan another code. */
export const NEXT_OF: Record<string, 'again' | 'here' | 'camera'> = {
  offline: 'again',
  failed: 'again',
  otherTab: 'here',
  expired: 'camera',
  gone: 'camera',
  outdated: 'camera',
  cancelled: 'camera',
  used: 'camera',
  taken: 'camera',
  wrongNumber: 'camera',
};

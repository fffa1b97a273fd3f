import type { ScanLoginError } from '@scan-login/client';

const ENDINGS: Record<string, string> = {
  offline: 'offline',
  ticket_expired: 'expired',
  ticket_not_found: 'unknown',
  ticket_already_scanned: 'taken',
  ticket_not_yours: 'taken',
  scan_token_invalid: 'taken',
  device_not_allowed: 'notPhone',
  number_wrong: 'wrongNumber',
};
const STATUSES: Record<string, string> = { cancelled: 'cancelled', denied: 'denied', expired: 'expired' };

/** The ending to show for an error. */
export function endingOf({ code, currentStatus }: ScanLoginError): string {
  if (code === 'ticket_wrong_status') return STATUSES[currentStatus ?? ''] ?? 'used';
  return ENDINGS[code] ?? 'failed';
}

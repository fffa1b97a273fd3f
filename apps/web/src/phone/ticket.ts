import { CallFailed } from '../common/http.js';
import type { PageSession } from '../common/session.js';

export interface Scan {
  scanToken: string;
  expiresIn: number;
  screen: {
    type: string;
    name: string | null;
    browser: string | null;
    os: string | null;
    ip: string;
    openedAt?: string;
    network: 'same' | 'different' | 'unknown';
  };
  requires: { number: boolean };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
const LINK = new RegExp(`^(?:https?://\\S+/l/)?(${UUID.source})/?$`, 'i');

/**
 * The ticket that a link or a code names. Of which server is not asked: it is looked up at ours, and there only; a
 * phone may know us by another address than the screen does.
 */
export function ticketIn(text: string): string | undefined {
  return LINK.exec(text.trim())?.[1]?.toLowerCase();
}

/** What the phone does with one ticket. */
export class PhoneTicket {
  private scanToken = '';

  constructor(
    readonly uuid: string,
    private readonly session: PageSession,
  ) {}

  async scan(): Promise<Scan> {
    const scan = await this.post<Scan>('scan', {});
    this.scanToken = scan.scanToken;
    return scan;
  }

  confirm(number?: string): Promise<void> {
    return this.post('confirm', { scanToken: this.scanToken, ...(number && { number }) });
  }

  deny(reason: 'declined' | 'not_me'): Promise<void> {
    return this.post('deny', { scanToken: this.scanToken, reason });
  }

  private post<Answer>(step: string, body: object): Promise<Answer> {
    return this.session.call<Answer>(`/v1/tickets/${this.uuid}/${step}`, { method: 'POST', body });
  }
}

const ENDINGS: Record<string, string> = {
  ticket_expired: 'expired',
  ticket_not_found: 'unknown',
  ticket_already_scanned: 'taken',
  ticket_not_yours: 'taken',
  scan_token_invalid: 'taken',
  device_not_allowed: 'notPhone',
  number_wrong: 'wrongNumber',
};
const STATUSES: Record<string, string> = { cancelled: 'cancelled', denied: 'denied', expired: 'expired' };

/** Which ending a refusal means. */
export function endingOf(error: unknown): string {
  if (!(error instanceof CallFailed)) throw error;
  if (error.status === 0) return 'offline';
  if (error.code === 'ticket_wrong_status') return STATUSES[error.problem.currentStatus ?? ''] ?? 'used';
  return ENDINGS[error.code] ?? 'failed';
}

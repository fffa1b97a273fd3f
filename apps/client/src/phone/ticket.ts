import { ScanLoginError } from '../error.js';
import type { Session } from '../session/session.js';
import type { Confirm, Deny, ScanResult } from '../wire.js';

/** Where a ticket stands after a confirm, or a deny, whose response got lost. */
const DONE = { confirm: ['confirmed', 'redeemed'], deny: ['denied'] };

/** A ticket that this phone has scanned, and decides. */
export class ScannedTicket {
  /** Which screen asks. */
  readonly screen: ScanResult['screen'];
  /** What the person has to give with a confirm. */
  readonly requires: ScanResult['requires'];
  /** Seconds that there were left to decide when it was scanned. */
  readonly expiresIn: number;
  private readonly scanToken: string;
  /** Decisions that may have been taken without our knowing. */
  private readonly uncertain = new Set<keyof typeof DONE>();

  constructor(
    private readonly session: Session,
    readonly uuid: string,
    { screen, requires, expiresIn, scanToken }: ScanResult,
  ) {
    this.screen = screen;
    this.requires = requires;
    this.expiresIn = expiresIn;
    this.scanToken = scanToken;
  }

  /**
   * Signs the screen in. May be repeated after a passing error.
   * @param number that the screen shows, where `requires.number`
   * @throws ScanLoginError number_wrong (`triesLeft` says how many are left) | ticket_expired | ticket_not_yours | …
   */
  confirm(number?: Confirm['number'], { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return this.decide('confirm', { scanToken: this.scanToken, ...(number !== undefined && { number }) }, signal);
  }

  /**
   * Refuses. May be repeated after a passing error.
   * @param reason `not_me` where the person has not opened that screen: the server writes it down
   */
  deny(reason: Deny['reason'] = 'declined', { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return this.decide('deny', { scanToken: this.scanToken, reason } satisfies Deny, signal);
  }

  private async decide(decision: keyof typeof DONE, body: Confirm | Deny, signal?: AbortSignal): Promise<void> {
    try {
      await this.session.call(`/v1/tickets/${this.uuid}/${decision}`, { method: 'POST', body, signal });
    } catch (error) {
      if (!(error instanceof ScanLoginError)) throw error;
      if (error.isPassing) this.uncertain.add(decision);
      const isDone = error.code === 'ticket_wrong_status' && DONE[decision].includes(error.currentStatus ?? '');
      if (!isDone || !this.uncertain.has(decision)) throw error;
    }
    // from here on a refusal is news: a confirm that is repeated tells in this way that the screen uses its session
    this.uncertain.delete(decision);
  }
}

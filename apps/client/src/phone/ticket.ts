import { ScanLoginError } from '../error.js';
import type { Verify } from '../session/passkey.js';
import type { Session } from '../session/session.js';
import type { Assertion, Confirm, Deny, ScanResult } from '../wire.js';
import { type TicketOutcome, outcomeOf } from './outcome.js';

/** The statuses of a ticket after a confirm, or a deny, whose response got lost. */
const DONE = { confirm: ['confirmed', 'redeemed'], deny: ['denied'] };

/** A ticket that this phone has scanned and may decide on. */
export class ScannedTicket {
  /** Which screen asks. */
  readonly screen: ScanResult['screen'];
  /** What the user must enter to confirm. */
  readonly requires: ScanResult['requires'];
  /** Seconds to decide, counted from the scan. */
  readonly expiresIn: number;
  private readonly scanToken: string;
  /** What a passkey must sign for a confirm. */
  private readonly verification: ScanResult['verification'];
  /** What it has signed. */
  private assertion?: Promise<Assertion>;
  /** Decisions that may have succeeded although their response got lost. */
  private readonly uncertain = new Set<keyof typeof DONE>();

  constructor(
    private readonly session: Session,
    readonly uuid: string,
    { screen, requires, expiresIn, scanToken, verification }: ScanResult,
    private readonly verify?: Verify,
  ) {
    this.screen = screen;
    this.requires = requires;
    this.expiresIn = expiresIn;
    this.scanToken = scanToken;
    this.verification = verification;
  }

  /**
   * Signs the screen in. May be repeated after a transient error. If `requires.verification`, it asks the user for a
   * passkey first, once.
   * @param number the number that the screen shows, if `requires.number`
   * @throws ScanLoginError number_wrong (`triesLeft` says how many are left) | verification_required |
   *   verification_failed | ticket_expired | ticket_not_yours | …; what `verify` throws
   */
  async confirm(number?: Confirm['number'], { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { scanToken, verification, verify } = this;
    if (verification && verify) this.assertion ??= verify(verification);
    try {
      // what is not defined is left out
      await this.decide('confirm', { scanToken, number, assertion: await this.assertion }, signal);
    } catch (error) {
      if (!(error instanceof ScanLoginError) || error.code === 'verification_failed') this.assertion = undefined;
      throw error;
    }
  }

  /**
   * Refuses. May be repeated after a transient error.
   * @param reason `not_me` if the user did not open that screen; the server records it
   */
  deny(reason: Deny['reason'] = 'declined', { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return this.decide('deny', { scanToken: this.scanToken, reason } satisfies Deny, signal);
  }

  /**
   * Waits until the screen is signed in, or went away. To be called after `confirm`. Retries over outages.
   * @returns `redeemed`: it is signed in; `cancelled` or `expired`: it went away
   */
  outcome({ signal }: { signal?: AbortSignal } = {}): Promise<TicketOutcome> {
    return outcomeOf(this.session, this.uuid, signal);
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
    // later refusals are reported: a repeated confirm is refused once the screen has used its session
    this.uncertain.delete(decision);
  }
}

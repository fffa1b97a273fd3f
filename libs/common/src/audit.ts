import { Global, Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type Observable, Subject } from 'rxjs';

/**
 * The events of the audit log. `important` are those that show an account's owner whether it was misused: sign-ins,
 * approvals, and attempts with something stolen.
 */
export const AUDIT_EVENTS = {
  'account.registered': 'important',
  'account.password_changed': 'important',
  'passkey.added': 'important',
  'passkey.removed': 'important',
  'passkey.counter_regressed': 'important',
  'sign_in.refused': 'routine',
  'session.started': 'important',
  'session.ended': 'important',
  'session.foreign_device': 'important',
  'session.foreign_key': 'important',
  'session.refresh_reused': 'important',
  'ticket.opened': 'routine',
  'ticket.scanned': 'routine',
  'ticket.confirmed': 'important',
  'ticket.denied': 'important',
  'ticket.cancelled': 'routine',
  'ticket.redeemed': 'important',
  'ticket.redeemed_again': 'routine',
  'ticket.refused': 'routine',
  'key.made': 'routine',
  'key.rotated': 'routine',
} as const satisfies Record<string, 'important' | 'routine'>;

export type AuditName = keyof typeof AUDIT_EVENTS;

/** Ids, reasons and addresses; never a secret, and never text that a user typed. */
export interface AuditEvent {
  event: AuditName;
  accountId?: string;
  sessionId?: string;
  /** Of the ticket. */
  uuid?: string;
  ip?: string;
  /** Further facts that help to understand the event. */
  detail?: Readonly<Record<string, string | number>>;
}

/** A key that is the same for events that differ only in their time. */
export function auditKeyOf({ event, accountId, sessionId, uuid, ip, detail }: AuditEvent): string {
  return JSON.stringify([event, accountId, sessionId, uuid, ip, detail]);
}

/** Lines a minute for the same event. Beyond that, only the hundredth, the thousandth, and so on are logged. */
const LINES = 10;
const MINUTE_MS = 60_000;
/** How many different events are counted. Events beyond it are logged as if they were new. */
const MOST = 10_000;

/** Logs each event, limits repetitions of the same one, and offers a stream of all of them. */
@Injectable()
export class AuditLog implements OnApplicationShutdown {
  private readonly logger = new Logger('Audit');
  private readonly noted = new Subject<AuditEvent>();
  private readonly lately = new LRUCache<string, { times: number }>({ max: MOST, ttl: MINUTE_MS });

  get events(): Observable<AuditEvent> {
    return this.noted;
  }

  note(event: AuditEvent): void {
    const { detail, ...fields } = event;
    const times = this.count(event);
    if (times <= LINES) this.logger.log({ ...fields, ...detail });
    else if (isPowerOfTen(times)) this.logger.log({ ...fields, ...detail, times });
    this.noted.next(event);
  }

  onApplicationShutdown(): void {
    this.noted.complete();
  }

  /** How often the event has occurred within its minute. */
  private count(event: AuditEvent): number {
    const key = auditKeyOf(event);
    const known = this.lately.get(key);
    if (known) return (known.times += 1);
    this.lately.set(key, { times: 1 });
    return 1;
  }
}

function isPowerOfTen(count: number): boolean {
  return Number.isInteger(Math.log10(count));
}

/** Imported by every lib that writes to the audit log. */
@Global()
@Module({ providers: [AuditLog], exports: [AuditLog] })
export class AuditModule {}

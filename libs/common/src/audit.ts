import { Global, Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type Observable, Subject } from 'rxjs';

/**
 * What is worth remembering of what people, and those who are not them, did. Important is what people look for to see
 * whether it was them: who got in, who let whom in, and who tried with something stolen.
 */
export const AUDIT_EVENTS = {
  'account.registered': 'important',
  'account.password_changed': 'important',
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

/** Ids, reasons and addresses; never a secret, and never what somebody typed. */
export interface AuditEvent {
  event: AuditName;
  accountId?: string;
  sessionId?: string;
  /** Of the ticket. */
  uuid?: string;
  ip?: string;
  /** Whatever else helps to understand it. */
  detail?: Readonly<Record<string, string | number>>;
}

/** The same for events that differ in nothing but their time. */
export function auditKeyOf({ event, accountId, sessionId, uuid, ip, detail }: AuditEvent): string {
  return JSON.stringify([event, accountId, sessionId, uuid, ip, detail]);
}

/** Of the same event so many lines a minute are logged; then the hundredth, the thousandth, and so on. */
const LINES = 10;
const MINUTE_MS = 60_000;
/** Events that are told apart; those beyond are logged as if they were new. */
const MOST = 10_000;

/** A line in the log for each event, but for a flood of the same one, and a stream of all of them. */
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

  /** How many times it came within its minute. */
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

/** Brought along by every lib that notes something. */
@Global()
@Module({ providers: [AuditLog], exports: [AuditLog] })
export class AuditModule {}

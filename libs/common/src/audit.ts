import { Global, Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';

/** What is worth remembering of what people, and those who are not them, did. */
export type AuditName =
  | 'account.registered'
  | 'account.password_changed'
  | 'sign_in.refused'
  | 'session.started'
  | 'session.ended'
  | 'session.foreign_device'
  | 'session.foreign_key'
  | 'session.refresh_reused'
  | 'ticket.opened'
  | 'ticket.scanned'
  | 'ticket.confirmed'
  | 'ticket.denied'
  | 'ticket.cancelled'
  | 'ticket.redeemed'
  | 'ticket.redeemed_again'
  | 'ticket.refused'
  | 'key.made'
  | 'key.rotated';

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

/** One line in the log for each event, and a stream of them for whoever keeps them longer. */
@Injectable()
export class AuditLog implements OnApplicationShutdown {
  private readonly logger = new Logger('Audit');
  private readonly noted = new Subject<AuditEvent>();

  get events(): Observable<AuditEvent> {
    return this.noted;
  }

  note(event: AuditEvent): void {
    const { detail, ...fields } = event;
    this.logger.log({ ...fields, ...detail });
    this.noted.next(event);
  }

  onApplicationShutdown(): void {
    this.noted.complete();
  }
}

/** Brought along by every lib that notes something. */
@Global()
@Module({ providers: [AuditLog], exports: [AuditLog] })
export class AuditModule {}

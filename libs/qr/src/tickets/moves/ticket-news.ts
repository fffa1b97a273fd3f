import { type AuditEvent, AuditLog } from '@scan-login/nest/common';
import type { LiveSession } from '@scan-login/nest/device-auth';
import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable } from '@nestjs/common';
import { Bell } from '../../waiting/bell.js';
import { snapshotOf, type SnapshotRow } from '../../waiting/ticket-reader.js';

/** Announces a move: to the audit log, the waiters of this instance, and the other instances. */
@Injectable()
export class TicketNews {
  constructor(
    @Inject(Signal) private readonly signal: Signal,
    private readonly bell: Bell,
    private readonly audit: AuditLog,
  ) {}

  /** @param row as it was written, so that waiters of this instance need not read it again */
  moved(event: AuditEvent & { uuid: string }, row?: SnapshotRow): void {
    this.audit.note(event);
    if (row) this.bell.ring(event.uuid, snapshotOf(row));
    this.signal.send('ticket', event.uuid);
  }
}

/** The session that made the move, for the audit log. */
export function actor({ id: sessionId, accountId }: LiveSession) {
  return { sessionId, accountId };
}

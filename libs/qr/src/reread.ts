import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { exhaustMap, filter, interval, merge, type Subscription } from 'rxjs';
import { Bell } from './bell.js';
import { QR_OPTIONS, type QrOptions } from './qr.options.js';
import { TicketLooks } from './ticket-looks.js';

/**
 * The row is the truth, the bell is a hint: all tickets that somebody waits on are read again every few seconds, and at
 * once when rings may have been lost. One query for all of them; only those that wait on something else look again.
 */
@Injectable()
export class Reread implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Reread');
  private running?: Subscription;

  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @Inject(Signal) private readonly signal: Signal,
    private readonly bell: Bell,
    private readonly tickets: TicketLooks,
  ) {}

  onModuleInit(): void {
    this.running = merge(interval(this.options.rereadEvery * 1000), this.signal.gaps)
      .pipe(
        filter(() => this.bell.size > 0),
        exhaustMap(() => this.reread().catch((err: unknown) => this.logger.warn({ event: 'reread.failed', err }))),
      )
      .subscribe();
  }

  onModuleDestroy(): void {
    this.running?.unsubscribe();
  }

  private async reread(): Promise<void> {
    for (const { uuid, status } of await this.tickets.statuses(this.bell.waitedOn())) this.bell.ring(uuid, status);
  }
}

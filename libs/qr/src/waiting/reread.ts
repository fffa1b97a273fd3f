import { repeat } from '@scan-login/nest/common';
import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { Bell } from './bell.js';
import { QR_OPTIONS, type QrOptions } from '../qr.options.js';
import { TicketReader } from './ticket-reader.js';

/**
 * The row is the truth, the bell is a hint: all tickets with waiters are read again every few seconds, and at once when
 * rings may have been lost. One query reads all their statuses; a waiter reads its row only if its status is another.
 */
@Injectable()
export class Reread implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Reread');
  private running?: Subscription;

  constructor(
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
    @Inject(Signal) private readonly signal: Signal,
    private readonly bell: Bell,
    private readonly tickets: TicketReader,
  ) {}

  onModuleInit(): void {
    const { logger, signal } = this;
    const every = this.options.rereadEvery * 1000;
    this.running = repeat(every, () => this.reread(), { logger, event: 'reread.failed', when: signal.gaps });
  }

  onModuleDestroy(): void {
    this.running?.unsubscribe();
  }

  private async reread(): Promise<void> {
    if (this.bell.size === 0) return;
    for (const { uuid, status } of await this.tickets.statuses(this.bell.waitedOn())) this.bell.ring(uuid, status);
  }
}

import { poolOf } from '@scan-login/nest/common';
import { Bell, TICKET_STATUSES, TicketReader, Waiting } from '@scan-login/nest/qr';
import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Observable } from 'rxjs';
import { DataSource } from 'typeorm';

/** Seconds. A ring takes a millisecond or two; after a lost ring the poll waits until the rows are read again. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Counting reads every live ticket, so it is done at most this often, however often metrics are read. */
const COUNT_EVERY_MS = 5_000;

/** Metrics for operators. They include Node's own, such as the event loop lag. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly logger = new Logger('Metrics');
  private readonly moves: Counter;
  private countedAt = -Infinity;

  constructor(
    bell: Bell,
    waiting: Waiting,
    @Inject(Signal) signal: Signal,
    @InjectDataSource() db: DataSource,
    private readonly tickets: TicketReader,
  ) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.moves = new Counter({
      name: 'scan_login_moves_total',
      help: 'Calls that were to move a ticket, by what came of them: done, or the code of the problem',
      labelNames: ['move', 'outcome'],
      registers,
    });
    this.gauge('scan_login_polls_held', 'Held polls and event streams of this instance', () => bell.waiters);
    this.gauge('scan_login_tickets_waited_on', 'Tickets that these wait on', () => bell.size);
    this.gauge('scan_login_database_connections', 'Connections of the pool', () => poolOf(db).totalCount);
    this.gauge('scan_login_database_connections_idle', 'Those that do nothing', () => poolOf(db).idleCount);
    this.gauge('scan_login_database_waiting', 'Statements that wait for one', () => poolOf(db).waitingCount);
    this.seconds('confirm_to_answer', 'From a confirm to the answer of a poll held for it', waiting.confirmed);
    this.seconds('signal_lag', 'From sending a ring to hearing it come round', signal.lag);
    this.count('signal_dropped', 'Texts on the signal channel that no instance has written', signal.dropped);
    this.ticketsByStatus();
  }

  moved(move: string, outcome: string): void {
    this.moves.inc({ move, outcome });
  }

  private gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.registry], collect: (): void => gauge.set(read()) });
  }

  private seconds(what: string, help: string, milliseconds: Observable<number>): void {
    const name = `scan_login_${what}_seconds`;
    const histogram = new Histogram({ name, help, buckets: BUCKETS, registers: [this.registry] });
    this.watch(milliseconds, (ms) => histogram.observe(ms / 1000));
  }

  private count(what: string, help: string, events: Observable<void>): void {
    const counter = new Counter({ name: `scan_login_${what}_total`, help, registers: [this.registry] });
    this.watch(events, () => counter.inc());
  }

  /** Logs an error of `keep`. RxJS would throw it outside of any call, which would end the process. */
  private watch<Value>(values: Observable<Value>, keep: (value: Value) => void): void {
    values.subscribe((value) => {
      try {
        keep(value);
      } catch (err) {
        this.logger.error({ event: 'metrics.not_kept', err });
      }
    });
  }

  private ticketsByStatus(): void {
    const gauge: Gauge = new Gauge({
      name: 'scan_login_tickets',
      help: 'Tickets whose time is not up, by status; of all instances together',
      labelNames: ['status'],
      registers: [this.registry],
      collect: () => this.countTickets(gauge),
    });
  }

  /** When the database is unavailable, only this metric is missing. */
  private async countTickets(gauge: Gauge): Promise<void> {
    if (performance.now() - this.countedAt < COUNT_EVERY_MS) return;
    this.countedAt = performance.now();
    try {
      const counts = new Map((await this.tickets.countByStatus()).map(({ status, count }) => [status, count]));
      for (const status of TICKET_STATUSES) if (status !== 'expired') gauge.set({ status }, counts.get(status) ?? 0);
    } catch (err) {
      gauge.reset();
      this.logger.warn({ event: 'metrics.tickets_unknown', err });
    }
  }
}

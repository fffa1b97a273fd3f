import { Auth } from '#libs/common';
import { Bell } from '#libs/qr';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** For Prometheus. Not part of the API. */
@ApiExcludeController()
@Controller()
export class MetricsController {
  private readonly registry = new Registry();

  constructor(bell: Bell) {
    collectDefaultMetrics({ register: this.registry });
    const waitedOn: Gauge = new Gauge({
      name: 'scan_login_tickets_waited_on',
      help: 'Tickets that a held poll or an event stream of this instance waits on',
      registers: [],
      collect: (): void => waitedOn.set(bell.size),
    });
    this.registry.registerMetric(waitedOn);
  }

  @Get('metrics')
  @Auth('public')
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}

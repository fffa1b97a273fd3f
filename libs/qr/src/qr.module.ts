import { AuditModule, entitiesOf, explained, RoutePaths, SweepModule, TablesModule } from '@scan-login/nest/common';
import { type DynamicModule, Module } from '@nestjs/common';
import type { z } from 'zod';
import { Bell } from './waiting/bell.js';
import * as moves from './tickets/moves/index.js';
import { PhoneController } from './http/phone.controller.js';
import { ConfigurableModuleClass, givenOptions, QrOptions, qrOptions } from './qr.options.js';
import { QrPictures } from './http/qr-pictures.js';
import { Refusals } from './tickets/refusals.js';
import { RefusedTickets } from './tickets/refused-tickets.js';
import { Reread } from './waiting/reread.js';
import { ScreenController } from './http/screen.controller.js';
import { Ticket } from './tickets/ticket.entity.js';
import { TicketVerification } from './tickets/ticket-verification.js';
import { TicketReader } from './waiting/ticket-reader.js';
import { TicketCodes } from './tickets/ticket-codes.js';
import { TicketLinks } from './tickets/ticket-links.js';
import { TICKET_SWEEP } from './tickets/ticket-sweep.js';
import { Waiting } from './waiting/waiting.js';

/** Tickets: signing a screen in with a phone. Needs `DeviceAuthModule`, `TokenModule` and `SignalModule`. */
@Module({
  imports: [AuditModule, entitiesOf('QrModule', [Ticket]), TablesModule, SweepModule.of(TICKET_SWEEP)],
  controllers: [ScreenController, PhoneController],
  providers: explained('QrModule', [
    givenOptions,
    qrOptions,
    RoutePaths,
    ...Object.values(moves),
    TicketReader,
    TicketLinks,
    TicketCodes,
    QrPictures,
    Refusals,
    RefusedTickets,
    TicketVerification,
    Bell,
    Waiting,
    Reread,
  ]),
  exports: [TicketReader, Bell, Waiting],
})
export class QrModule extends ConfigurableModuleClass {
  static override forRoot(options: z.input<typeof QrOptions> = {}): DynamicModule {
    return super.forRoot(options);
  }
}

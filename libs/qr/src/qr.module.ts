import { AuditModule, SweepModule, TablesModule } from '@scan-login/nest/common';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Bell } from './bell.js';
import * as moves from './moves/index.js';
import { PhoneController } from './phone.controller.js';
import { ConfigurableModuleClass, qrOptions } from './qr.options.js';
import { QrPictures } from './qr-pictures.js';
import { Refusals } from './refusals.js';
import { Reread } from './reread.js';
import { ScreenController } from './screen.controller.js';
import { Ticket } from './ticket.entity.js';
import { TicketLooks } from './ticket-looks.js';
import { TICKET_SWEEP } from './ticket-sweep.js';
import { Waiting } from './waiting.js';

/** Tickets: signing a screen in with a phone. Stands on `DeviceAuthModule`, `TokenModule` and `SignalModule`. */
@Module({
  imports: [AuditModule, TypeOrmModule.forFeature([Ticket]), TablesModule, SweepModule.of(TICKET_SWEEP)],
  controllers: [ScreenController, PhoneController],
  providers: [qrOptions, ...Object.values(moves), TicketLooks, QrPictures, Refusals, Bell, Waiting, Reread],
  exports: [TicketLooks, Bell, Waiting],
})
export class QrModule extends ConfigurableModuleClass {}

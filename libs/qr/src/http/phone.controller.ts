import { Answers, AnswersNothing, ApiController, Limited, OF_BODY, Problems } from '@scan-login/nest/common';
import {
  type Caller,
  CurrentSession,
  FromCaller,
  type LiveSession,
  RequiresSession,
} from '@scan-login/nest/device-auth';
import { Body, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiParam } from '@nestjs/swagger';
import { TicketConfirm, TicketDenial, TicketScan } from '../tickets/moves/index.js';
import { Confirm, Deny, NoBody, ScanResult } from '../tickets/ticket.schemas.js';
import { TicketUuidPipe } from './ticket-uuid.pipe.js';

/** The calls of a phone. Its session alone identifies it. */
@ApiController('phone', 'v1/tickets/:uuid')
@ApiParam({ name: 'uuid', schema: { type: 'string', format: 'uuid' } })
export class PhoneController {
  constructor(
    private readonly scans: TicketScan,
    private readonly confirms: TicketConfirm,
    private readonly denials: TicketDenial,
  ) {}

  @Post('scan')
  @RequiresSession()
  @ApiOperation({
    summary: 'Scan',
    description: 'Returns which screen asks, and a scan token. Scanning again with the same phone returns a new one.',
  })
  @Answers(200, ScanResult, 'Which screen asks')
  @Problems(...OF_BODY, 'device_not_allowed', 'account_unavailable', 'ticket_not_found')
  @Problems('ticket_already_scanned', 'ticket_wrong_status', 'ticket_expired')
  @Limited('scan')
  scanTicket(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Body({ schema: NoBody }) _body: unknown,
    @CurrentSession() phone: LiveSession,
    @FromCaller() caller: Caller,
  ): Promise<ScanResult> {
    return this.scans.scan(uuid, phone, caller);
  }

  @Post('confirm')
  @RequiresSession()
  @ApiOperation({ summary: 'Confirm', description: 'The user approves: the screen may redeem the ticket.' })
  @AnswersNothing('Decided')
  @Problems(...OF_BODY, 'ticket_not_yours', 'scan_token_invalid', 'number_wrong', 'ticket_not_found')
  @Problems('ticket_wrong_status', 'ticket_expired')
  @Limited('decision')
  confirmTicket(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Body({ schema: Confirm }) body: Confirm,
    @CurrentSession() phone: LiveSession,
  ): Promise<void> {
    return this.confirms.confirm(uuid, body, phone);
  }

  @Post('deny')
  @RequiresSession()
  @ApiOperation({ summary: 'Deny', description: 'The user declines, or did not start this sign-in (`not_me`).' })
  @AnswersNothing('Decided')
  @Problems(...OF_BODY, 'ticket_not_yours', 'scan_token_invalid', 'ticket_not_found')
  @Problems('ticket_wrong_status', 'ticket_expired')
  @Limited('decision')
  denyTicket(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Body({ schema: Deny }) body: Deny,
    @CurrentSession() phone: LiveSession,
  ): Promise<void> {
    return this.denials.deny(uuid, body, phone);
  }
}

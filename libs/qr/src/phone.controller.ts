import { inputPipe, Limited, OF_BODY, ProblemFilter, Problems } from '@scan-login/nest/common';
import {
  type Caller,
  CurrentSession,
  FromCaller,
  type LiveSession,
  RequiresSession,
} from '@scan-login/nest/device-auth';
import { Body, Controller, HttpCode, Param, Post, UseFilters, UsePipes } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { TicketConfirm, TicketDenial, TicketScan } from './moves/index.js';
import { Confirm, Deny, NoBody, ScanResult } from './ticket.schemas.js';
import { TicketUuidPipe } from './ticket-uuid.pipe.js';

/** What the phone calls. Who it is comes from its session alone. */
@ApiTags('phone')
@ApiParam({ name: 'uuid', schema: { type: 'string', format: 'uuid' } })
@Controller('v1/tickets/:uuid')
@UsePipes(inputPipe)
@UseFilters(ProblemFilter)
export class PhoneController {
  constructor(
    private readonly scans: TicketScan,
    private readonly confirms: TicketConfirm,
    private readonly denials: TicketDenial,
  ) {}

  @Post('scan')
  @HttpCode(200)
  @RequiresSession()
  @ApiOperation({
    summary: 'Scan',
    description: 'Tells which screen asks, and gives a scan token. Scanning again with the same phone gives a new one.',
  })
  @ApiOkResponse({ description: 'Which screen asks', standardSchema: ScanResult })
  @Problems(...OF_BODY, 'device_not_allowed', 'account_unavailable', 'ticket_not_found')
  @Problems('ticket_already_scanned', 'ticket_wrong_status', 'ticket_expired')
  @Limited('scan')
  scan(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Body({ schema: NoBody }) _body: unknown,
    @CurrentSession() phone: LiveSession,
    @FromCaller() caller: Caller,
  ): Promise<ScanResult> {
    return this.scans.scan(uuid, phone, caller);
  }

  @Post('confirm')
  @HttpCode(204)
  @RequiresSession()
  @ApiOperation({ summary: 'Confirm', description: 'The person said yes: the screen may redeem the ticket.' })
  @ApiNoContentResponse({ description: 'Decided' })
  @Problems(...OF_BODY, 'ticket_not_yours', 'scan_token_invalid', 'number_wrong', 'ticket_not_found')
  @Problems('ticket_wrong_status', 'ticket_expired')
  @Limited('decision')
  confirm(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Body({ schema: Confirm }) body: Confirm,
    @CurrentSession() phone: LiveSession,
  ): Promise<void> {
    return this.confirms.confirm(uuid, body, phone);
  }

  @Post('deny')
  @HttpCode(204)
  @RequiresSession()
  @ApiOperation({ summary: 'Deny', description: 'The person said no, or that it was somebody else who asked.' })
  @ApiNoContentResponse({ description: 'Decided' })
  @Problems(...OF_BODY, 'ticket_not_yours', 'scan_token_invalid', 'ticket_not_found')
  @Problems('ticket_wrong_status', 'ticket_expired')
  @Limited('decision')
  deny(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Body({ schema: Deny }) body: Deny,
    @CurrentSession() phone: LiveSession,
  ): Promise<void> {
    return this.denials.deny(uuid, body, phone);
  }
}

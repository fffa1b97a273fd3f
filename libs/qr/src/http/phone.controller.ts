import {
  Answers,
  AnswersNothing,
  ApiController,
  type HttpResponse,
  Limited,
  OF_BODY,
  Problems,
} from '@scan-login/nest/common';
import {
  type Caller,
  CurrentSession,
  FromCaller,
  type LiveSession,
  RequiresSession,
} from '@scan-login/nest/device-auth';
import { Body, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { TicketConfirm, TicketDenial, TicketScan } from '../tickets/moves/index.js';
import { Confirm, Deny, Outcome, OutcomeQuery, Scan, ScanResult } from '../tickets/ticket.schemas.js';
import { LateResponse } from '../waiting/late-response.js';
import { Waiting } from '../waiting/waiting.js';
import { TicketUuidPipe } from './ticket-uuid.pipe.js';

/** The calls of a phone. Its session alone identifies it. */
@ApiController('phone', 'v1/tickets/:uuid')
@ApiParam({ name: 'uuid', schema: { type: 'string', format: 'uuid' } })
export class PhoneController {
  constructor(
    private readonly scans: TicketScan,
    private readonly confirms: TicketConfirm,
    private readonly denials: TicketDenial,
    private readonly waiting: Waiting,
  ) {}

  @Post('scan')
  @RequiresSession()
  @ApiOperation({
    summary: 'Scan',
    description: 'Returns which screen asks, and a scan token. Scanning again with the same phone returns a new one.',
  })
  @Answers(200, ScanResult, 'Which screen asks')
  @Problems(...OF_BODY, 'device_not_allowed', 'account_unavailable', 'ticket_not_found')
  @Problems('ticket_already_scanned', 'ticket_wrong_status', 'ticket_expired', 'code_outdated')
  @Limited('scan')
  scanTicket(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Body({ schema: Scan }) body: Scan,
    @CurrentSession() phone: LiveSession,
    @FromCaller() caller: Caller,
  ): Promise<ScanResult> {
    return this.scans.scan(uuid, body?.code, phone, caller);
  }

  @Post('confirm')
  @RequiresSession()
  @ApiOperation({ summary: 'Confirm', description: 'The user approves: the screen may redeem the ticket.' })
  @AnswersNothing('Decided')
  @Problems(...OF_BODY, 'ticket_not_yours', 'scan_token_invalid', 'number_wrong', 'ticket_not_found')
  @Problems('ticket_wrong_status', 'ticket_expired', 'verification_required', 'verification_failed')
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

  @Get('outcome')
  @RequiresSession()
  @ApiOperation({
    summary: 'Wait until the screen is signed in (long poll)',
    description:
      'For the session that has decided. Held while the ticket is `confirmed`, for at most `wait` seconds. Any other session gets the response for an unknown ticket.',
  })
  @ApiOkResponse({ description: 'What has become of the ticket', standardSchema: Outcome })
  @Limited('poll')
  @Problems('invalid_request', 'ticket_not_found')
  getTicketOutcome(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Query({ schema: OutcomeQuery }) { wait }: OutcomeQuery,
    @CurrentSession() { id: decider }: LiveSession,
    @Res() response: HttpResponse,
  ): Promise<void> {
    return this.waiting.outcome({ uuid, decider, wait, response: new LateResponse(response) });
  }
}

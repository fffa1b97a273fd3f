import {
  Answers,
  AnswersNothing,
  ApiController,
  Auth,
  type HttpResponse,
  Limited,
  OF_BODY,
  Problems,
  ResponseSignal,
} from '@scan-login/nest/common';
import {
  ApiDeviceId,
  type ResponseHeaders,
  type Caller,
  FromCaller,
  MayProveKey,
  ProvenKey,
  RefreshCookie,
  TokensResponse,
} from '@scan-login/nest/device-auth';
import type { Proof } from '@scan-login/nest/token';
import {
  applyDecorators,
  Body,
  Delete,
  Get,
  Header,
  Headers,
  type MessageEvent,
  Param,
  Post,
  Query,
  Res,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiSecurity } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { LateResponse } from '../waiting/late-response.js';
import { TicketCancel, TicketOpening, TicketRedeem } from '../tickets/moves/index.js';
import { QrPictures } from './qr-pictures.js';
import { TicketReader } from '../waiting/ticket-reader.js';
import {
  OpenedTicket,
  OpenTicket,
  PictureQuery,
  Redeem,
  StatusQuery,
  StatusView,
  TicketCode,
} from '../tickets/ticket.schemas.js';
import { TicketCodes } from '../tickets/ticket-codes.js';
import { TicketLinks } from '../tickets/ticket-links.js';
import { TicketUuidPipe } from './ticket-uuid.pipe.js';
import { Waiting } from '../waiting/waiting.js';

/** The route needs the secret that only the screen of the ticket knows. The services compare it by its hash. */
function RequiresTicketSecret(): MethodDecorator {
  return applyDecorators(
    Auth('ticket-secret'),
    ApiSecurity('ticketSecret'),
    ApiHeader({ name: 'X-Ticket-Secret', required: true, description: 'The `secret` of the ticket' }),
    ApiTicketUuid(),
    Problems('ticket_not_found'),
  );
}

function ApiTicketUuid(): MethodDecorator {
  return ApiParam({ name: 'uuid', schema: { type: 'string', format: 'uuid' } });
}

const PICTURE = 'A picture of `qrUrl`, for an `<img>`; 404 once the ticket is over.';

/** Pages of other origins may show the picture. It does not change: that of another code has another address. */
function Picture(type: string): MethodDecorator {
  return applyDecorators(
    Auth('public'),
    Header('Content-Type', type),
    Header('Cache-Control', 'private, max-age=60'),
    Header('Cross-Origin-Resource-Policy', 'cross-origin'),
    ApiTicketUuid(),
    ApiOkResponse({
      description: 'The picture',
      content: { [type]: { schema: { type: 'string', format: 'binary' } } },
    }),
    Limited('picture'),
    Problems('ticket_not_found', 'invalid_request', 'busy'),
  );
}

/** The calls of a screen. */
@ApiController('screen', 'v1/tickets')
export class ScreenController {
  constructor(
    private readonly openings: TicketOpening,
    private readonly redeems: TicketRedeem,
    private readonly cancels: TicketCancel,
    private readonly reader: TicketReader,
    private readonly waiting: Waiting,
    private readonly pictures: QrPictures,
    private readonly refreshCookie: RefreshCookie,
    private readonly links: TicketLinks,
    private readonly codes: TicketCodes,
  ) {}

  @Post()
  @Auth('public')
  @ApiOperation({
    summary: 'Open a ticket',
    description: 'Show `qrUrl` as a QR code, keep `secret` secret, and wait for the status.',
  })
  @Answers(201, OpenedTicket, 'The ticket, and its secret', {
    Location: { schema: { type: 'string' }, description: 'The ticket' },
  })
  @Limited('ticket')
  @Problems(...OF_BODY)
  async openTicket(
    @Body({ schema: OpenTicket }) body: OpenTicket,
    @FromCaller() caller: Caller,
    @Res({ passthrough: true }) response: ResponseHeaders,
  ): Promise<OpenedTicket> {
    const opened = await this.openings.open(body, caller);
    response.header('Location', this.links.pathOf(opened.uuid));
    return opened;
  }

  @Get(':uuid/qr.svg')
  @Picture('image/svg+xml')
  @ApiOperation({ summary: 'The QR code as SVG', description: PICTURE })
  async getTicketQrSvg(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Query({ schema: PictureQuery }) { code }: PictureQuery,
  ): Promise<string> {
    return (await this.pictures.of(await this.linkToOpen(uuid, code), 'svg')).toString();
  }

  @Get(':uuid/qr.png')
  @Picture('image/png')
  @ApiOperation({ summary: 'The QR code as PNG', description: PICTURE })
  async getTicketQrPng(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Query({ schema: PictureQuery }) { code }: PictureQuery,
  ): Promise<StreamableFile> {
    return new StreamableFile(await this.pictures.of(await this.linkToOpen(uuid, code), 'png'), { type: 'image/png' });
  }

  @Get(':uuid/code')
  @RequiresTicketSecret()
  @ApiOperation({
    summary: 'The present code',
    description:
      'Of a ticket that was opened with `rotates` and waits for a scan. Show it, and ask again after `rotatesIn` seconds. Nothing changes by this call.',
  })
  @Answers(200, TicketCode, 'The link with the present code')
  @Limited('picture')
  @Problems('ticket_wrong_status', 'ticket_expired')
  getTicketCode(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Headers('x-ticket-secret') secret = '',
  ): Promise<TicketCode> {
    return this.codes.present(uuid, secret);
  }

  @Get(':uuid/status')
  @RequiresTicketSecret()
  @ApiOperation({
    summary: 'Wait for a change (long poll)',
    description:
      'Held while the status equals `known`, for at most `wait` seconds. The HTTP status is 200 whatever `code` is, because browsers silently repeat a request whose response is HTTP 408.',
  })
  @ApiOkResponse({ description: 'The status of the ticket', standardSchema: StatusView })
  @Limited('poll')
  @Problems('invalid_request')
  getTicketStatus(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Headers('x-ticket-secret') secret = '',
    @Query({ schema: StatusQuery }) { known, wait }: StatusQuery,
    @Res() response: HttpResponse,
  ): Promise<void> {
    return this.waiting.poll({ uuid, secret, known, wait, response: new LateResponse(response) });
  }

  @Sse(':uuid/events')
  @RequiresTicketSecret()
  @ApiOperation({
    summary: 'Wait for changes (server-sent events)',
    description:
      'One event for each status, named after it, with the body of the status call. Ends with the final status.',
  })
  @ApiOkResponse({ description: 'The stream', content: { 'text/event-stream': { schema: { type: 'string' } } } })
  @Limited('stream')
  streamTicketEvents(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Headers('x-ticket-secret') secret = '',
  ): Promise<Observable<MessageEvent>> {
    return this.waiting.events(uuid, secret);
  }

  @Post(':uuid/redeem')
  @RequiresTicketSecret()
  @ApiDeviceId()
  @ApiOperation({
    summary: 'Exchange a confirmed ticket for tokens',
    description:
      'Once; but if the response got lost, the call may be repeated for a minute, until the access token is first used. A ticket that was opened with `keyThumbprint` needs a proof by that key.',
  })
  @Answers(200, TokensResponse, "Tokens of the screen's own session")
  @Limited('decision')
  @Problems(...OF_BODY, 'device_mismatch', 'account_unavailable', 'ticket_wrong_status', 'ticket_expired')
  @Problems('session_limit_reached')
  @MayProveKey()
  async redeemTicket(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Headers('x-ticket-secret') secret = '',
    @Headers('x-device-id') deviceId: string | undefined,
    @Body({ schema: Redeem }) body: Redeem,
    @ProvenKey() proof: Proof | undefined,
    @ResponseSignal() signal: AbortSignal,
    @Res({ passthrough: true }) response: ResponseHeaders,
  ): Promise<TokensResponse> {
    const screen = { deviceId, proof };
    const tokens = await this.redeems.redeem({ uuid, secret, screen, tokenType: body?.tokenType, signal });
    return body?.refreshCookie ? this.refreshCookie.keep(tokens, response) : tokens;
  }

  @Delete(':uuid')
  @RequiresTicketSecret()
  @ApiOperation({ summary: 'Cancel the ticket', description: 'For a screen that gives up before it is signed in.' })
  @AnswersNothing('Cancelled')
  @Limited('decision')
  @Problems('ticket_wrong_status', 'ticket_expired')
  cancelTicket(@Param('uuid', TicketUuidPipe) uuid: string, @Headers('x-ticket-secret') secret = ''): Promise<void> {
    return this.cancels.cancel(uuid, secret);
  }

  /** Reads the row each time, even if the picture is cached: a ticket that is over has no picture. */
  private async linkToOpen(uuid: string, code: string | undefined): Promise<string> {
    return this.links.linkOf(await this.reader.readOpen(uuid, code));
  }
}

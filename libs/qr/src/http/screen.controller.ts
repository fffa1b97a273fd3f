import {
  Answers,
  AnswersNothing,
  ApiController,
  Auth,
  type HttpResponse,
  Limited,
  OF_BODY,
  Problem,
  Problems,
  ResponseSignal,
} from '@scan-login/nest/common';
import {
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
  Inject,
  type MessageEvent,
  Param,
  Post,
  Query,
  Res,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiSecurity } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { LateResponse } from '../waiting/late-response.js';
import { TicketCancel, TicketOpening, TicketRedeem } from '../tickets/moves/index.js';
import { QR_OPTIONS, type QrOptions } from '../qr.options.js';
import { QrPictures } from './qr-pictures.js';
import { TicketReader } from '../waiting/ticket-reader.js';
import { OpenedTicket, OpenTicket, Redeem, StatusQuery, StatusView } from '../ticket.schemas.js';
import { TicketUuidPipe } from './ticket-uuid.pipe.js';
import { Waiting } from '../waiting/waiting.js';

/** The route needs the secret that only the screen of this ticket knows. The services compare it, by its hash. */
function RequiresTicketSecret(...also: string[]): MethodDecorator {
  const needed = Object.fromEntries(['ticketSecret', ...also].map((scheme) => [scheme, []]));
  return applyDecorators(Auth('ticket-secret'), ApiSecurity(needed), ApiTicketUuid(), Problems('ticket_not_found'));
}

function ApiTicketUuid(): MethodDecorator {
  return ApiParam({ name: 'uuid', schema: { type: 'string', format: 'uuid' } });
}

/** Pictures may stand in other people's pages, and stay the same for as long as the ticket lives. */
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
    Problems('ticket_not_found', 'busy'),
  );
}

/** What a screen calls. */
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
    @Inject(QR_OPTIONS) private readonly options: QrOptions,
  ) {}

  @Post()
  @Auth('public')
  @ApiOperation({
    summary: 'Open a ticket',
    description: 'Show `qrUrl` as a QR code, keep `secret` to yourself, and ask for the status.',
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
    response.header('Location', this.openings.pathOf(opened.uuid));
    return opened;
  }

  @Get(':uuid/qr.svg')
  @Picture('image/svg+xml')
  @ApiOperation({ summary: 'The QR code as SVG' })
  async qrSvg(@Param('uuid', TicketUuidPipe) uuid: string): Promise<string> {
    return (await this.pictures.of(await this.linkToOpen(uuid), 'svg')).toString();
  }

  @Get(':uuid/qr.png')
  @Picture('image/png')
  @ApiOperation({ summary: 'The QR code as PNG' })
  async qrPng(@Param('uuid', TicketUuidPipe) uuid: string): Promise<StreamableFile> {
    return new StreamableFile(await this.pictures.of(await this.linkToOpen(uuid), 'png'), { type: 'image/png' });
  }

  @Get(':uuid/status')
  @RequiresTicketSecret()
  @ApiOperation({
    summary: 'Wait for news (long poll)',
    description:
      'Held while the status equals `known`, at most `wait` seconds. The HTTP status is 200 whatever `code` says, because browsers silently repeat a request that is answered with HTTP 408.',
  })
  @ApiOkResponse({ description: 'Where the ticket stands', standardSchema: StatusView })
  @Limited('poll')
  @Problems('invalid_request')
  ticketStatus(
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
    summary: 'Wait for news (server-sent events)',
    description: 'One event for each status, named by it, with the body of the status call. Ends with the last status.',
  })
  @ApiOkResponse({ description: 'The stream', content: { 'text/event-stream': { schema: { type: 'string' } } } })
  @Limited('stream')
  ticketEvents(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Headers('x-ticket-secret') secret = '',
  ): Promise<Observable<MessageEvent>> {
    return this.waiting.events(uuid, secret);
  }

  @Post(':uuid/redeem')
  @RequiresTicketSecret('device')
  @ApiOperation({
    summary: 'Exchange a confirmed ticket for tokens',
    description:
      'Once; but if the answer got lost it may be repeated for a minute, until the access token is first used.',
  })
  @Answers(200, TokensResponse, 'Tokens of a session of its own')
  @Limited('decision')
  @Problems(...OF_BODY, 'device_mismatch', 'account_unavailable', 'ticket_wrong_status', 'ticket_expired')
  @Problems('session_limit_reached')
  @MayProveKey()
  async redeem(
    @Param('uuid', TicketUuidPipe) uuid: string,
    @Headers('x-ticket-secret') secret = '',
    @Headers('x-device-id') deviceId: string | undefined,
    @Body({ schema: Redeem }) body: Redeem,
    @ProvenKey() proof: Proof | undefined,
    @ResponseSignal() signal: AbortSignal,
    @Res({ passthrough: true }) response: ResponseHeaders,
  ): Promise<TokensResponse> {
    const tokens = await this.redeems.redeem({ uuid, secret, screen: { deviceId, proof }, signal });
    return body?.refreshCookie ? this.refreshCookie.keep(tokens, response) : tokens;
  }

  @Delete(':uuid')
  @RequiresTicketSecret()
  @ApiOperation({ summary: 'Cancel the ticket', description: 'For a screen that is left before it was signed in.' })
  @AnswersNothing('Cancelled')
  @Limited('decision')
  @Problems('ticket_wrong_status', 'ticket_expired')
  cancelTicket(@Param('uuid', TicketUuidPipe) uuid: string, @Headers('x-ticket-secret') secret = ''): Promise<void> {
    return this.cancels.cancel(uuid, secret);
  }

  /** The row is asked each time, however long the picture has been there: a ticket that is over has none. */
  private async linkToOpen(uuid: string): Promise<string> {
    if (!(await this.reader.isOpen(uuid))) throw new Problem('ticket_not_found');
    return this.options.ticketUrl(uuid);
  }
}

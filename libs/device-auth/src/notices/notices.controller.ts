import { ApiController, Limited } from '@scan-login/nest/common';
import { type MessageEvent, Sse } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import type { LiveSession } from '../sessions/live-session.js';
import { CurrentSession, RequiresOwner } from '../sessions/session.guard.js';
import { AccountNotices } from './account-notices.js';

@ApiController('accounts', 'v1/account/notices')
export class NoticesController {
  constructor(private readonly notices: AccountNotices) {}

  @Sse()
  @RequiresOwner()
  @Limited('stream')
  @ApiOperation({
    summary: 'Be told at once of what happens (server-sent events)',
    description:
      'To the account: `session_started` (a session as in the list, with `screenId` and `isNew`), `session_ended` (`id`, `reason`) and `ticket_refused` (`sessionId` of the other phone, on which `not_me` was said). Not about the session of this call, with which the stream ends. What happened while nobody listened is not repeated: read the lists of sessions and screens after each connection.',
  })
  @ApiOkResponse({ description: 'The stream', content: { 'text/event-stream': { schema: { type: 'string' } } } })
  accountNotices(@CurrentSession() session: LiveSession): Promise<Observable<MessageEvent>> {
    return this.notices.of(session);
  }
}

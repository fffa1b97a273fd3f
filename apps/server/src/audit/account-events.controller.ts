import { inputPipe, Limited, Problems } from '@scan-login/nest/common';
import { CurrentSession, type LiveSession, RequiresOwner } from '@scan-login/nest/device-auth';
import { Controller, Get, Query, UsePipes } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccountEvents } from './account-events.js';
import { AccountEventsPage, AccountEventsQuery } from './account-events.schemas.js';

/** Shows people what happened on their account, so that they notice what they did not do themselves. */
@ApiTags('accounts')
@Controller('v1/account/events')
@UsePipes(inputPipe)
export class AccountEventsController {
  constructor(private readonly events: AccountEvents) {}

  @Get()
  @RequiresOwner()
  @Limited('call')
  @ApiOperation({
    summary: 'What happened on the account',
    description: 'The important events first, then the others; of both the newest first.',
  })
  @ApiOkResponse({ description: 'The events', standardSchema: AccountEventsPage })
  @Problems('invalid_request')
  listAccountEvents(
    @CurrentSession() { accountId }: LiveSession,
    @Query({ schema: AccountEventsQuery }) query: AccountEventsQuery,
  ): Promise<AccountEventsPage> {
    return this.events.page(accountId, query);
  }
}

import { Answers, ApiController, Limited, Problem, Problems } from '@scan-login/nest/common';
import { Get, Inject } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { LiveSession } from '../sessions/live-session.js';
import { CurrentSession, RequiresSession } from '../sessions/session.guard.js';
import { AccountStore } from './account-store.js';
import { AccountView } from './accounts.schemas.js';

/** Works with any `AccountStore`. */
@ApiController('accounts', 'v1/account')
export class AccountController {
  constructor(@Inject(AccountStore) private readonly accounts: AccountStore) {}

  @Get()
  @RequiresSession()
  @Limited('call')
  @ApiOperation({
    summary: 'The account that is signed in',
    description: 'For display. The id is that of the access token (`sub`).',
  })
  @Answers(200, AccountView, 'The account')
  @Problems('account_unavailable')
  async getAccount(@CurrentSession() { accountId }: LiveSession): Promise<AccountView> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('account_unavailable');
    const { id, username, displayName, avatarUrl } = account;
    return { id, username, displayName, avatarUrl };
  }
}

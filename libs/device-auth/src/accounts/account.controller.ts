import { Limited, Problem, ProblemFilter, Problems } from '@scan-login/nest/common';
import { Controller, Get, Inject, UseFilters } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { LiveSession } from '../sessions/admission.js';
import { CurrentSession, RequiresSession } from '../sessions/session.guard.js';
import { AccountStore } from './account-store.js';
import { AccountView } from './accounts.schemas.js';

/** What works with any `AccountStore`. */
@ApiTags('accounts')
@Controller('v1/account')
@UseFilters(ProblemFilter)
export class AccountController {
  constructor(@Inject(AccountStore) private readonly accounts: AccountStore) {}

  @Get()
  @RequiresSession()
  @Limited('call')
  @ApiOperation({ summary: 'The account that is signed in' })
  @ApiOkResponse({ description: 'The account', standardSchema: AccountView })
  @Problems('account_unavailable')
  async getAccount(@CurrentSession() { accountId }: LiveSession): Promise<AccountView> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('account_unavailable');
    const { id, username, displayName, avatarUrl } = account;
    return { id, username, displayName, avatarUrl };
  }
}

import { Auth, inputPipe, Limited, OF_BODY, Problem, ProblemFilter, Problems } from '@scan-login/nest/common';
import { Body, Controller, HttpCode, Post, UseFilters, UsePipes } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Caller, FromCaller } from '../devices/caller.js';
import type { LiveSession } from '../sessions/admission.js';
import { CurrentSession, RequiresSession } from '../sessions/session.guard.js';
import { SignInThrottle } from '../sessions/sign-in-throttle.js';
import { AccountView, NewAccount, PasswordChange } from './accounts.schemas.js';
import { PasswordAccounts } from './password-accounts.js';

/** What only the accounts of our own table can do. */
@ApiTags('accounts')
@Controller('v1')
@UsePipes(inputPipe)
@UseFilters(ProblemFilter)
export class PasswordAccountsController {
  constructor(
    private readonly accounts: PasswordAccounts,
    private readonly throttle: SignInThrottle,
  ) {}

  @Post('accounts')
  @Auth('public')
  @ApiOperation({ summary: 'Make an account' })
  @ApiCreatedResponse({ description: 'The new account', standardSchema: AccountView.required() })
  @Limited('account')
  @Problems(...OF_BODY, 'username_taken', 'busy')
  register(@Body({ schema: NewAccount }) body: NewAccount): Promise<AccountView> {
    return this.accounts.register(body);
  }

  @Post('account/password')
  @HttpCode(204)
  @RequiresSession()
  @ApiOperation({ summary: 'Change the password', description: 'Ends all other sessions of the account.' })
  @ApiNoContentResponse({ description: 'Changed; the other sessions are over' })
  @Limited('sign-in')
  @Problems(...OF_BODY, 'invalid_credentials', 'too_many_attempts', 'busy')
  async changePassword(
    @Body({ schema: PasswordChange }) body: PasswordChange,
    @CurrentSession() current: LiveSession,
    @FromCaller() { ip }: Caller,
  ): Promise<void> {
    const { accountId, id: sessionId } = current;
    const username = (await this.accounts.find(accountId))?.username;
    if (username === undefined) throw new Problem('invalid_credentials');
    await this.throttle.attempt({ username, sessionId, ip }, () =>
      this.accounts.changePassword(current, body.current, body.new),
    );
  }
}

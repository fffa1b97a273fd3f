import {
  Answers,
  AnswersNothing,
  ApiController,
  Auth,
  Limited,
  OF_BODY,
  Problem,
  Problems,
} from '@scan-login/nest/common';
import {
  type AccountView,
  type Caller,
  CurrentSession,
  FromCaller,
  type LiveSession,
  RequiresSession,
  SignInThrottle,
} from '@scan-login/nest/device-auth';
import { Body, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { PasswordAccounts } from './password-accounts.js';
import { NewAccount, PasswordAccountView, PasswordChange } from './password-accounts.schemas.js';

/** Routes that only these accounts have. */
@ApiController('accounts', 'v1')
export class PasswordAccountsController {
  constructor(
    private readonly accounts: PasswordAccounts,
    private readonly throttle: SignInThrottle,
  ) {}

  @Post('accounts')
  @Auth('public')
  @ApiOperation({
    summary: 'Create an account',
    description: 'It signs nothing in: that is the next call of the phone.',
  })
  @Answers(201, PasswordAccountView, 'The new account')
  @Limited('account')
  @Problems(...OF_BODY, 'username_taken', 'busy')
  createAccount(@Body({ schema: NewAccount }) body: NewAccount): Promise<AccountView> {
    return this.accounts.register(body);
  }

  @Post('account/password')
  @RequiresSession()
  @ApiOperation({ summary: 'Change the password', description: 'Ends all other sessions of the account.' })
  @AnswersNothing('Changed; the other sessions have ended')
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

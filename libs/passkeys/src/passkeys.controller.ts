import { Answers, AnswersNothing, ApiController, Limited, NoBody, OF_BODY, Problems } from '@scan-login/nest/common';
import { CurrentSession, type LiveSession, RequiresOwner } from '@scan-login/nest/device-auth';
import { Body, Delete, Get, Param, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Passkeys } from './passkeys.js';
import { CreationOptions, NewPasskey, PasskeyList, PasskeyView } from './passkeys.schemas.js';

/** The passkeys of the account, for its phone. */
@ApiController('passkeys', 'v1/passkeys')
export class PasskeysController {
  constructor(private readonly passkeys: Passkeys) {}

  @Post('options')
  @RequiresOwner()
  @Limited('call')
  @ApiOperation({ summary: 'Options for a new passkey', description: 'Good for one passkey, within five minutes.' })
  @Answers(200, CreationOptions, 'For `navigator.credentials.create`')
  @Problems(...OF_BODY, 'device_not_allowed', 'account_unavailable')
  getPasskeyOptions(
    @Body({ schema: NoBody }) _body: unknown,
    @CurrentSession() phone: LiveSession,
  ): Promise<CreationOptions> {
    return this.passkeys.creationOptions(phone);
  }

  @Post()
  @RequiresOwner()
  @Limited('call')
  @ApiOperation({ summary: 'Add a passkey', description: 'With what the browser made of the options.' })
  @Answers(201, PasskeyView, 'Added')
  @Problems(...OF_BODY, 'device_not_allowed', 'passkey_limit_reached')
  addPasskey(
    @Body({ schema: NewPasskey }) body: NewPasskey,
    @CurrentSession() phone: LiveSession,
  ): Promise<PasskeyView> {
    return this.passkeys.add(phone, body);
  }

  @Get()
  @RequiresOwner()
  @Limited('call')
  @ApiOperation({
    summary: 'List the passkeys of the account',
    description: 'For people to recognize them by; no keys.',
  })
  @Answers(200, PasskeyList, 'The passkeys, the oldest first')
  async listPasskeys(@CurrentSession() { accountId }: LiveSession): Promise<PasskeyList> {
    return { passkeys: await this.passkeys.list(accountId) };
  }

  @Delete(':id')
  @RequiresOwner()
  @Limited('call')
  @ApiOperation({ summary: 'Remove a passkey', description: 'Sessions that began with it go on.' })
  @AnswersNothing('Removed')
  @Problems('passkey_not_found')
  removePasskey(@Param('id') id: string, @CurrentSession() current: LiveSession): Promise<void> {
    return this.passkeys.remove(current, id.toLowerCase());
  }
}

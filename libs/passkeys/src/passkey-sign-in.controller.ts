import { Answers, ApiController, Auth, Limited, NoBody, OF_BODY, Problems } from '@scan-login/nest/common';
import {
  type Caller,
  FromCaller,
  MayProveKey,
  ProvenKey,
  RefreshCookie,
  type ResponseHeaders,
  TokensResponse,
  VerificationOptions,
} from '@scan-login/nest/device-auth';
import type { Proof } from '@scan-login/nest/token';
import { Body, Post, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { PasskeySignIn } from './passkey-sign-in.js';
import { PasskeySignIn as PasskeySignInBody } from './passkeys.schemas.js';

@ApiController('sessions', 'v1/sessions/passkey')
export class PasskeySignInController {
  constructor(
    private readonly signIns: PasskeySignIn,
    private readonly refreshCookie: RefreshCookie,
  ) {}

  @Post('options')
  @Auth('public')
  @Limited('call')
  @ApiOperation({ summary: 'Options for a sign-in with a passkey', description: 'Good once, within five minutes.' })
  @Answers(200, VerificationOptions, 'For `navigator.credentials.get`')
  @Problems(...OF_BODY)
  getPasskeySignInOptions(@Body({ schema: NoBody }) _body: unknown): Promise<VerificationOptions> {
    return this.signIns.options();
  }

  @Post()
  @Auth('public')
  @ApiOperation({
    summary: 'Sign a device in with a passkey',
    description:
      'For a device of any type. An unknown passkey, a wrong assertion and an account that is gone look alike.',
  })
  @Answers(201, TokensResponse, 'Signed in')
  @Limited('sign-in')
  @Problems(...OF_BODY, 'invalid_credentials', 'session_limit_reached', 'too_many_attempts')
  @MayProveKey()
  async signInWithPasskey(
    @Body({ schema: PasskeySignInBody }) body: PasskeySignInBody,
    @FromCaller() caller: Caller,
    @ProvenKey() proof: Proof | undefined,
    @Res({ passthrough: true }) response: ResponseHeaders,
  ): Promise<TokensResponse> {
    const tokens = await this.signIns.signIn(body, caller, proof);
    return body.refreshCookie ? this.refreshCookie.keep(tokens, response) : tokens;
  }
}

import {
  Answers,
  AnswersNothing,
  ApiController,
  Auth,
  Limited,
  OF_BODY,
  Problem,
  type ProblemCode,
  Problems,
} from '@scan-login/nest/common';
import type { Proof } from '@scan-login/nest/token';
import { Body, Delete, Get, Headers, Param, Post, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, FromCaller } from '../devices/caller.js';
import { ApiDeviceId } from '../devices/api-headers.js';
import { MayProveKey, ProvenKey } from '../devices/proven-key.js';
import { KnownScreens } from '../screens/known-screens.js';
import type { LiveSession } from './live-session.js';
import { type ResponseHeaders, RefreshCookie } from './refresh-cookie.js';
import { CurrentSession, RequiresOwner, RequiresSession } from './session.guard.js';
import { Refresh, SessionList, SignIn as SignInBody, TokensResponse } from './session.schemas.js';
import { SessionService } from './session.service.js';
import { viewOfSession } from './session-view.js';
import { SignIn } from './sign-in.js';

const NO_REFRESH_TOKEN = { pointer: '/refreshToken', detail: 'Must be given, unless it is in the cookie' };
/** After these the cookie can never be used again. A call from the wrong device does not clear it. */
const DEAD_FOR_GOOD = new Set<ProblemCode>(['token_invalid', 'session_ended', 'account_unavailable']);

@ApiController('sessions', 'v1/sessions')
export class SessionsController {
  constructor(
    private readonly signIns: SignIn,
    private readonly sessions: SessionService,
    private readonly refreshCookie: RefreshCookie,
    private readonly screens: KnownScreens,
  ) {}

  @Post()
  @Auth('public')
  @ApiOperation({ summary: 'Sign a device in', description: 'How a phone gets the session that it scans with.' })
  @Answers(201, TokensResponse, 'Signed in')
  @Limited('sign-in')
  @Problems(...OF_BODY, 'invalid_credentials', 'session_limit_reached', 'busy')
  @Problems('too_many_attempts')
  @MayProveKey()
  async signIn(
    @Body({ schema: SignInBody }) body: SignInBody,
    @FromCaller() caller: Caller,
    @ProvenKey() proof: Proof | undefined,
    @Res({ passthrough: true }) response: ResponseHeaders,
  ): Promise<TokensResponse> {
    const tokens = await this.signIns.withPassword(body, caller, proof);
    return body.refreshCookie ? this.refreshCookie.keep(tokens, response) : tokens;
  }

  @Post('refresh')
  @Auth('refresh-token')
  @ApiDeviceId()
  @ApiOperation({
    summary: 'Get new tokens',
    description:
      'Each refresh token can be used once. Within ten seconds a repeated one gets the same successor; later it ends the session. Without a body the token is taken from the cookie, which only pages of the same origin can use.',
  })
  @Answers(200, TokensResponse, 'The new tokens')
  @Problems(...OF_BODY, 'token_invalid', 'session_ended', 'device_mismatch', 'account_unavailable')
  @Limited('decision')
  @Problems('cross_site_refused')
  @MayProveKey()
  async refreshTokens(
    @Body({ schema: Refresh }) body: Refresh,
    @Headers() headers: Record<string, string | undefined>,
    @Headers('x-device-id') deviceId: string | undefined,
    @ProvenKey() proof: Proof | undefined,
    @Res({ passthrough: true }) response: ResponseHeaders,
  ): Promise<TokensResponse> {
    const caller = { deviceId, proof };
    const given = body?.refreshToken;
    if (given !== undefined) return this.sessions.refresh(given, caller);
    const kept = this.refreshCookie.take(headers);
    if (kept === undefined) throw new Problem('invalid_request', { errors: [NO_REFRESH_TOKEN] });
    try {
      return this.refreshCookie.keep(await this.sessions.refresh(kept, caller), response);
    } catch (error) {
      if (error instanceof Problem && DEAD_FOR_GOOD.has(error.code)) this.refreshCookie.clear(response);
      throw error;
    }
  }

  @Get()
  @RequiresSession()
  @Limited('call')
  @ApiOperation({
    summary: 'List the sessions of the account',
    description: 'Live sessions, the last used one first. A session that began with a scan sees only itself.',
  })
  @Answers(200, SessionList, 'The sessions')
  async listSessions(@CurrentSession() current: LiveSession): Promise<SessionList> {
    const sessions = await this.sessions.list(current);
    return { sessions: sessions.map((session) => viewOfSession(session, current.id)) };
  }

  @Delete('current')
  @RequiresSession()
  @Limited('call')
  @ApiOperation({ summary: 'Sign out', description: 'Ends the session of this call, and its refresh cookie.' })
  @AnswersNothing('Signed out')
  async signOut(
    @CurrentSession() current: LiveSession,
    @Headers() headers: Record<string, string | undefined>,
    @Res({ passthrough: true }) response: ResponseHeaders,
  ): Promise<void> {
    await this.sessions.endOne(current.id, current);
    if (this.refreshCookie.isIn(headers)) this.refreshCookie.clear(response);
  }

  @Delete('unknown')
  @RequiresOwner()
  @Limited('call')
  @ApiOperation({
    summary: 'End the sessions of all new screens',
    description:
      'Of the screens that the account has not acknowledged, except the one of this call. They are forgotten, and sign-ins that were scanned or confirmed and are not complete are cancelled.',
  })
  @AnswersNothing('Ended')
  endUnknownSessions(@CurrentSession() current: LiveSession): Promise<void> {
    return this.screens.forgetNew(current);
  }

  @Delete(':id')
  @RequiresSession()
  @Limited('call')
  @ApiOperation({
    summary: 'End one session of the account',
    description:
      'Its next call gets `session_ended`, reason `revoked`. A session that began with a scan may end only itself.',
  })
  @AnswersNothing('Ended')
  @Problems('companion_session', 'session_not_found')
  endSession(@Param('id') id: string, @CurrentSession() current: LiveSession): Promise<void> {
    return this.sessions.endOne(id.toLowerCase(), current);
  }
}

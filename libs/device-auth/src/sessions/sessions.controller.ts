import { Auth, inputPipe, Problem, Problems } from '#libs/common';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, UsePipes } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import { type Caller, FromCaller } from '../devices/caller.js';
import type { LiveSession } from './admission.js';
import type { Session } from './session.entity.js';
import { CurrentSession, RequiresSession } from './session.guard.js';
import { Refresh, SessionList, type SessionView, SignIn as SignInBody, Tokens } from './session.schemas.js';
import { SessionService } from './session.service.js';
import { SignIn } from './sign-in.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

@ApiTags('sessions')
@Controller('v1/sessions')
@UsePipes(inputPipe)
export class SessionsController {
  constructor(
    private readonly signIns: SignIn,
    private readonly sessions: SessionService,
  ) {}

  @Post()
  @Auth('public')
  @ApiOperation({ summary: 'Sign a device in', description: 'How a phone gets the session that it scans with.' })
  @ApiCreatedResponse({ description: 'Signed in', standardSchema: Tokens })
  @Problems('invalid_request', 'invalid_credentials', 'session_limit_reached', 'busy')
  signIn(@Body({ schema: SignInBody }) body: SignInBody, @FromCaller() caller: Caller): Promise<Tokens> {
    return this.signIns.withPassword(body, caller);
  }

  @Post('refresh')
  @HttpCode(200)
  @Auth('refresh-token')
  @ApiSecurity('device')
  @ApiOperation({
    summary: 'Fresh tokens',
    description:
      'Each refresh token is good once. Within ten seconds a repeated one gets the same successor; later it ends the session.',
  })
  @ApiOkResponse({ description: 'The new tokens', standardSchema: Tokens })
  @Problems('invalid_request', 'token_invalid', 'session_ended', 'device_mismatch', 'account_unavailable')
  refresh(
    @Body({ schema: Refresh }) { refreshToken }: Refresh,
    @Headers('x-device-id') deviceId: string | undefined,
  ): Promise<Tokens> {
    return this.sessions.refresh(refreshToken, deviceId);
  }

  @Get()
  @RequiresSession()
  @ApiOperation({ summary: 'Where the account is signed in', description: 'Live sessions, the last used one first.' })
  @ApiOkResponse({ description: 'The sessions', standardSchema: SessionList })
  async listSessions(@CurrentSession() current: LiveSession): Promise<SessionList> {
    const sessions = await this.sessions.list(current.accountId);
    return { sessions: sessions.map((session) => viewOf(session, current)) };
  }

  @Delete('current')
  @HttpCode(204)
  @RequiresSession()
  @ApiOperation({ summary: 'Sign out' })
  @ApiNoContentResponse({ description: 'Signed out' })
  signOut(@CurrentSession() current: LiveSession): Promise<void> {
    return this.sessions.endOne(current.accountId, current.id, 'signed_out');
  }

  @Delete(':id')
  @HttpCode(204)
  @RequiresSession()
  @ApiOperation({
    summary: 'End one session of the account',
    description: 'Its next call gets `session_ended`, reason `revoked`.',
  })
  @ApiNoContentResponse({ description: 'Ended' })
  @Problems('session_not_found')
  endSession(@Param('id') id: string, @CurrentSession() current: LiveSession): Promise<void> {
    if (!UUID.test(id)) throw new Problem('session_not_found');
    return this.sessions.endOne(current.accountId, id, id === current.id ? 'signed_out' : 'revoked');
  }
}

function viewOf(session: Session, current: LiveSession): SessionView {
  return {
    id: session.id,
    current: session.id === current.id,
    device: { type: session.deviceType, name: session.deviceName, browser: session.browser, os: session.os },
    ip: session.ip,
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.lastSeenAt.toISOString(),
  };
}

import { Answers, AnswersNothing, ApiController, Limited, NoBody, OF_BODY, Problems } from '@scan-login/nest/common';
import { Body, Delete, Get, Param, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { LiveSession } from '../sessions/live-session.js';
import { CurrentSession, RequiresOwner } from '../sessions/session.guard.js';
import { KnownScreens, type ListedScreen } from './known-screens.js';
import { ScreenList, type ScreenView } from './known-screens.schemas.js';

@ApiController('accounts', 'v1/account/screens')
export class KnownScreensController {
  constructor(private readonly screens: KnownScreens) {}

  @Get()
  @RequiresOwner()
  @Limited('call')
  @ApiOperation({
    summary: 'List the screens on which the account was signed in',
    description: 'In the last 90 days. The new ones first, then the last used ones.',
  })
  @Answers(200, ScreenList, 'The screens')
  async listScreens(@CurrentSession() { accountId }: LiveSession): Promise<ScreenList> {
    return { screens: (await this.screens.list(accountId)).map(viewOf) };
  }

  @Post(':id/acknowledge')
  @RequiresOwner()
  @Limited('call')
  @ApiOperation({ summary: 'Say that a screen is one of yours', description: 'It is no longer new.' })
  @AnswersNothing('Acknowledged')
  @Problems(...OF_BODY, 'screen_not_found')
  acknowledgeScreen(
    @Param('id') id: string,
    @Body({ schema: NoBody }) _body: unknown,
    @CurrentSession() current: LiveSession,
  ): Promise<void> {
    return this.screens.acknowledge(id.toLowerCase(), current);
  }

  @Delete(':id')
  @RequiresOwner()
  @Limited('call')
  @ApiOperation({ summary: 'Forget a screen', description: 'Its session ends, with the reason `revoked`.' })
  @AnswersNothing('Forgotten')
  @Problems('screen_not_found')
  forgetScreen(@Param('id') id: string, @CurrentSession() current: LiveSession): Promise<void> {
    return this.screens.forget(id.toLowerCase(), current);
  }
}

function viewOf(screen: ListedScreen): ScreenView {
  return {
    id: screen.id,
    device: { type: screen.deviceType, name: screen.deviceName, browser: screen.browser, os: screen.os },
    place: screen.place,
    network: screen.network,
    hasKey: screen.keyThumbprint !== '',
    isNew: screen.acknowledgedAt === null,
    firstSignedInAt: screen.firstSignedInAt.toISOString(),
    signedInAt: screen.signedInAt.toISOString(),
    sessionId: screen.sessionId,
  };
}

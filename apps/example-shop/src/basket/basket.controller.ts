import { Controller, Get, Param, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CurrentSession, type LiveSession, RequiresSession } from '@scan-login/nest/device-auth';
import { Repository } from 'typeorm';
import { ShopSession } from './shop-session.entity.js';

/** The same basket on every device on which the customer is signed in. */
@Controller('basket')
@RequiresSession()
export class BasketController {
  constructor(@InjectRepository(ShopSession) private readonly sessions: Repository<ShopSession>) {}

  @Get()
  async show(@CurrentSession() { accountId }: LiveSession) {
    const session = await this.sessions.findOneBy({ accountId });
    return { basket: session?.basket ?? [] };
  }

  @Post(':article')
  async add(@CurrentSession() { accountId }: LiveSession, @Param('article') article: string) {
    const session = await this.sessions.findOneBy({ accountId });
    return await this.sessions.save({ accountId, basket: [...(session?.basket ?? []), article] });
  }
}

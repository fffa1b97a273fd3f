import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BasketController } from './basket.controller.js';
import { ShopSession } from './shop-session.entity.js';

@Module({ imports: [TypeOrmModule.forFeature([ShopSession])], controllers: [BasketController] })
export class BasketModule {}

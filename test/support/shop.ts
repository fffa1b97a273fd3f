import type { AddressInfo } from 'node:net';
import { type Account, AccountStore, DeviceAuthModule } from '@scan-login/nest/device-auth';
import { Bell, QrModule } from '@scan-login/nest/qr';
import { SignalModule } from '@scan-login/nest/signal';
import { TokenModule } from '@scan-login/nest/token';
import { type INestApplication, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { PASSWORD } from './actors.js';
import { createDatabase, query } from './database.js';

/** Another team's application: its own accounts, entity and routes. */
export interface Shop {
  app: INestApplication;
  /** Its address, without the global prefix. */
  origin: string;
  bell: Bell;
  close(): Promise<void>;
}

const ADAPTERS = {
  Express: () => new ExpressAdapter(),
  Fastify: () => new FastifyAdapter(),
};

@Entity('orders')
export class Order {
  @PrimaryColumn('int')
  id!: number;

  @Column('text')
  customer!: string;
}

@Injectable()
export class Customers extends AccountStore {
  private readonly grace = { id: 'customer-7', displayName: 'Grace Hopper', avatarUrl: null, credentialVersion: '1' };

  override async find(id: string): Promise<Account | undefined> {
    return id === this.grace.id ? this.grace : undefined;
  }

  override async verify(username: string, password: string): Promise<Account | undefined> {
    return username === 'grace' && password === PASSWORD ? this.grace : undefined;
  }
}

interface ShopOptions {
  adapter: keyof typeof ADAPTERS;
  controllers?: Type[];
  accounts?: Type<AccountStore>;
  ticketUrl?: (uuid: string) => string;
  /** What its main.ts does before it listens. */
  setUp?: (app: INestApplication) => void;
}

export async function startShop({
  adapter,
  controllers = [],
  accounts = Customers,
  ticketUrl = (uuid) => `shop-app://sign-in/${uuid}`,
  setUp = () => {},
}: ShopOptions): Promise<Shop> {
  const url = await createDatabase();
  await query(
    url,
    `CREATE TABLE orders (id int PRIMARY KEY, customer text); INSERT INTO orders VALUES (1, 'customer-7')`,
  );
  let origin = '';

  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true }),
      TypeOrmModule.forFeature([Order]),
      SignalModule.forRoot(),
      TokenModule.forRoot({ secret: 'a secret of this application alone' }),
      DeviceAuthModule.forRoot({ publicUrl: () => origin, accounts }),
      // tests of what a login asks for are the server's
      QrModule.forRoot({ ticketUrl, confirmChallenge: 'off' }),
    ],
    controllers,
  })
  class ShopModule {}

  const app = await NestFactory.create(ShopModule, ADAPTERS[adapter](), { logger: false });
  setUp(app);
  await app.listen(0, '127.0.0.1');
  origin = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  return { app, origin, bell: app.get(Bell, { strict: false }), close: () => app.close() };
}

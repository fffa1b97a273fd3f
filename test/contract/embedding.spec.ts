import type { AddressInfo } from 'node:net';
import {
  type Account,
  AccountStore,
  CurrentSession,
  DeviceAuthModule,
  DeviceAuthOptions,
  type LiveSession,
  RequiresSession,
  SessionService,
} from '@scan-login/nest/device-auth';
import { QrModule, QrOptions } from '@scan-login/nest/qr';
import { SignalModule } from '@scan-login/nest/signal';
import { TokenModule, TokenOptions } from '@scan-login/nest/token';
import {
  ConflictException,
  Controller,
  type DynamicModule,
  ForbiddenException,
  Get,
  HttpException,
  Injectable,
  Module,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Phone, Screen, signedInScreen } from '../support/actors.js';
import { createDatabase } from '../support/database.js';
import { call } from '../support/http.js';

// Another application, with its own accounts, written as the docs tell a Nest developer.

@Injectable()
class Members {
  /** Runs between the check of a password and the start of the session. */
  afterCheck = async () => {};
  readonly byName = new Map([
    ['grace', { id: 'member-7', displayName: 'Grace Hopper', avatarUrl: null, credentialVersion: '1' }],
  ]);
}

@Module({ providers: [Members], exports: [Members] })
class MembersModule {}

@Injectable()
class MemberAccounts implements AccountStore {
  constructor(private readonly members: Members) {}

  async find(id: string): Promise<Account | undefined> {
    return [...this.members.byName.values()].find((member) => member.id === id);
  }

  async verify(username: string, password: string): Promise<Account | undefined> {
    const member = password === PASSWORD ? this.members.byName.get(username) : undefined;
    const verified = member && { ...member };
    await this.members.afterCheck();
    return verified;
  }
}

@Controller('orders')
class OrdersController {
  @Get()
  @RequiresSession()
  mine(@CurrentSession() { accountId }: LiveSession) {
    return { of: accountId };
  }

  @Get('forbidden')
  forbidden() {
    throw new ForbiddenException('Orders are closed');
  }

  @Get('conflict')
  @RequiresSession()
  conflict() {
    throw new ConflictException({ reason: 'out of stock' });
  }

  @Get('too-many')
  tooMany() {
    throw new HttpException('Slow down', 429);
  }
}

let app: NestFastifyApplication;
let url = '';

beforeAll(async () => {
  const database = await createDatabase();

  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: database, autoLoadEntities: true }),
      SignalModule.forRoot({ kind: 'memory' }),
      TokenModule.forRootAsync({ useFactory: () => ({ secret: 'a secret of this application alone' }) }),
      DeviceAuthModule.forRootAsync({
        imports: [MembersModule],
        accounts: { provide: AccountStore, useClass: MemberAccounts },
        useFactory: () => ({ publicUrl: 'https://shop.test' }),
      }),
      QrModule.forRoot(),
    ],
    controllers: [OrdersController],
  })
  class ShopModule {}

  app = await NestFactory.create<NestFastifyApplication>(ShopModule, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
});

afterAll(() => app.close());

describe('the libs in another application', () => {
  it('sign its own members in, and protect its own routes', async () => {
    const phone = new Phone(url, 'grace');
    expect((await phone.signIn()).status).toBe(201);
    const screen = await signedInScreen(url, phone);
    expect(screen.tokens!.account).toEqual({ id: 'member-7', displayName: 'Grace Hopper', avatarUrl: null });
    expect((await screen.as('GET', '/orders')).body).toEqual({ of: 'member-7' });
    expect((await call('GET', `${url}/orders`)).body).toMatchObject({ code: 'token_invalid' });
  });

  it('answer their own problems, and leave the exceptions of the application to it', async () => {
    const phone = new Phone(url, 'grace');
    await phone.signIn();
    const refused = await call('GET', `${url}/orders`);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.headers.get('www-authenticate')).toContain('Bearer');
    expect(await call('GET', `${url}/orders/forbidden`)).toMatchObject({
      status: 403,
      body: { message: 'Orders are closed', error: 'Forbidden', statusCode: 403 },
    });
    expect(await phone.as('GET', '/orders/conflict')).toMatchObject({ status: 409, body: { reason: 'out of stock' } });
    expect(await call('GET', `${url}/orders/too-many`)).toMatchObject({ status: 429, body: { message: 'Slow down' } });
    expect(await call('GET', `${url}/nowhere`)).toMatchObject({ status: 404, body: { statusCode: 404 } });
  });

  it('make no table of accounts for an application that has its own', async () => {
    const response = await call('POST', `${url}/v1/accounts`, { json: { username: 'eve', password: PASSWORD } });
    expect(response.status).toBe(404);
  });

  it('start no session for a password that was changed while it was being checked, and end those before it', async () => {
    const members = app.get(Members);
    const before = new Phone(url, 'grace');
    expect((await before.signIn()).status).toBe(201);
    members.afterCheck = async () => {
      members.byName.get('grace')!.credentialVersion = '2';
      await app.get(SessionService, { strict: false }).endAll('member-7', 'password_changed');
    };
    const under = new Phone(url, 'grace');
    expect((await under.signIn()).body).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect((await before.account()).body).toMatchObject({ code: 'session_ended', reason: 'password_changed' });
    members.afterCheck = async () => {};
    expect((await under.signIn()).status).toBe(201);
  });

  it('refuse a member who has gone, at the scan', async () => {
    const phone = new Phone(url, 'grace');
    await phone.signIn();
    const screen = new Screen(url);
    await screen.open();
    app.get(Members).byName.clear();
    expect((await phone.scan(screen)).body).toMatchObject({ status: 403, code: 'account_unavailable' });
  });
});

function start(module: DynamicModule) {
  return NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
}

describe('options of the modules', () => {
  it('are refused by the names that the module gives them, all at once, when the application starts', async () => {
    const wrong = { secret: 'too short', accessTokenLife: 0, refreshGrace: 1.5, colour: 'red' };
    const database = TypeOrmModule.forRoot({ type: 'postgres', url: await createDatabase(), autoLoadEntities: true });
    const imports = [database, SignalModule.forRoot({ kind: 'memory' }), TokenModule.forRoot(wrong)];
    class Wrong {}
    await expect(start({ module: Wrong, imports })).rejects.toThrow(
      /The options of TokenModule cannot be used:\n {2}secret: Must have at least 32 characters\n {2}accessTokenLife: .*\n {2}refreshGrace: .*\n {2}options: .*colour/,
    );
  });

  it('have defaults for everything that the application need not decide', () => {
    expect(QrOptions.parse({})).toMatchObject({ hold: 25, ticketLife: 120 });
    expect(DeviceAuthOptions.parse({ publicUrl: 'https://shop.test/' }).publicUrl()).toBe('https://shop.test');
    expect(DeviceAuthOptions.parse({ publicUrl: () => 'x' })).toMatchObject({ sessionsPerDeviceType: 1 });
    expect(TokenOptions.parse({ secret: 'x'.repeat(32) })).toMatchObject({
      issuer: 'scan-login',
      audience: 'scan-login',
    });
  });
});

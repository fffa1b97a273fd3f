import { CurrentSession, DeviceAuthModule, type LiveSession, RequiresSession } from '@scan-login/nest/device-auth';
import { PasswordAccounts, PasswordAccountsModule } from '@scan-login/nest/password-accounts';
import { QrModule } from '@scan-login/nest/qr';
import { SignalModule } from '@scan-login/nest/signal';
import { TokenModule } from '@scan-login/nest/token';
import { Controller, Get, Logger, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDatabase } from '../support/database.js';
import { Customers, Order } from '../support/shop.js';

const publicUrl = 'https://shop.test';
const ticketUrl = (uuid: string) => `https://shop.test/sign-in/${uuid}`;

type Imports = NonNullable<ModuleMetadata['imports']>;
let database: string;
let modules: Record<'typeOrm' | 'signal' | 'token' | 'deviceAuth' | 'qr', Imports[number]>;
beforeAll(async () => {
  database = await createDatabase();
  modules = {
    typeOrm: TypeOrmModule.forRoot({ type: 'postgres', url: database, autoLoadEntities: true }),
    signal: SignalModule.forRoot(),
    token: TokenModule.forRoot({ secret: 'a secret of this application alone' }),
    deviceAuth: DeviceAuthModule.forRoot({ publicUrl, accounts: Customers }),
    qr: QrModule.forRoot({ ticketUrl }),
  };
});

/** @returns the error that the developer reads, or undefined when the application starts */
async function start(imports: Imports, more: ModuleMetadata = {}): Promise<string | undefined> {
  class Shop {}
  try {
    const app = await NestFactory.createApplicationContext(
      { module: Shop, imports, ...more },
      { logger: false, abortOnError: false },
    );
    await app.close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('an application that has made a mistake', () => {
  it('starts once it is corrected', async () => {
    expect(await start(Object.values(modules))).toBeUndefined();
  });

  it.each([
    ['signal', /^\w+Module needs SignalModule: add SignalModule\.forRoot\(…\) to your imports$/],
    ['token', /^\w+Module needs TokenModule: add TokenModule\.forRoot\(…\) to your imports$/],
    ['deviceAuth', /^QrModule needs DeviceAuthModule: add DeviceAuthModule\.forRoot\(…\) to your imports$/],
    [
      'typeOrm',
      /^\w+Module needs TypeOrmModule: add TypeOrmModule\.forRoot\(\{ type: 'postgres', … \}\) to your imports$/,
    ],
  ] as const)(
    'is told which module to add where it has left %s out, in any order of its imports',
    async (left, message) => {
      const others = Object.entries(modules)
        .filter(([name]) => name !== left)
        .map(([, module]) => module);
      expect(await start(others)).toMatch(message);
      expect(await start(others.toReversed())).toMatch(message);
    },
  );

  it('is told which module to add where a protected route lacks its guard', async () => {
    @Controller()
    class Mine {
      @Get()
      @RequiresSession()
      get(@CurrentSession() session: LiveSession) {
        return session;
      }
    }
    expect(await start([], { controllers: [Mine] })).toBe(
      '@RequiresSession() needs DeviceAuthModule: add DeviceAuthModule.forRoot(…) to your imports',
    );
  });

  it('is told which module to add where accounts with passwords lack theirs', async () => {
    const { typeOrm, signal, token } = modules;
    expect(await start([typeOrm, signal, token, PasswordAccountsModule])).toMatch(
      /^PasswordAccountsModule needs DeviceAuthModule: /,
    );
    const accounts = { useExisting: PasswordAccounts };
    expect(await start([typeOrm, signal, token, DeviceAuthModule.forRoot({ publicUrl, accounts })])).toBe(
      'DeviceAuthModule needs PasswordAccountsModule: add PasswordAccountsModule to your imports',
    );
  });

  it('is told that the accounts are missing, and what can provide them', () => {
    const options = { publicUrl } as Parameters<typeof DeviceAuthModule.forRoot>[0];
    expect(() => DeviceAuthModule.forRoot(options)).toThrow(
      /^DeviceAuthModule needs `accounts`: a class that extends AccountStore .* or PasswordAccounts of @scan-login\/nest\/password-accounts$/,
    );
  });

  it('is told that its data source does not have the entities', async () => {
    const { typeOrm: _other, ...others } = modules;
    const listed = TypeOrmModule.forRoot({ type: 'postgres', url: database, entities: [Order] });
    expect(await start([listed, ...Object.values(others)])).toMatch(
      /^\w+Module does not find its entities \(\w+.*\) in the data source: set autoLoadEntities: true in TypeOrmModule\.forRoot, or list them in entities$/,
    );
  });

  it('is told which options are wrong, and what is valid', async () => {
    const { typeOrm, signal, token } = modules;
    const deviceAuth = DeviceAuthModule.forRoot({ publicUrl: 'shop.test', accounts: Customers, phoneSessionMax: 0 });
    expect(await start([typeOrm, signal, token, deviceAuth])).toMatch(
      /^The options of DeviceAuthModule cannot be used:\n {2}publicUrl: Must be .*URL.*\n {2}phoneSessionMax: /,
    );
    const redis = SignalModule.forRoot({ kind: 'redis', url: 'http://localhost', secret: 'short' });
    expect(await start([redis])).toMatch(
      /^The options of SignalModule cannot be used:\n {2}url: Must be the URL of a Redis\n {2}secret: Must have at least 32/,
    );
  });

  it('is warned that its QR codes lead to a page that does not exist', async () => {
    const warned: unknown[] = [];
    const { qr: _other, ...others } = modules;
    class Shop {}
    const imports = [...Object.values(others), QrModule.forRoot()];
    const app = await NestFactory.createApplicationContext(
      { module: Shop, imports },
      { logger: { log() {}, error() {}, warn: (text: unknown) => warned.push(text) }, abortOnError: false },
    );
    await app.close();
    Logger.overrideLogger(false);
    expect(warned).toEqual([expect.stringMatching(/QR codes lead to \/l\/\{uuid\} at publicUrl.*ticketUrl/)]);
  });
});

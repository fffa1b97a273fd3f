import type { Account } from '@scan-login/nest/device-auth';
import { Injectable, UnauthorizedException, type Type } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PASSWORD, Phone, Screen } from '../support/actors.js';
import { Customers, type Shop, startShop } from '../support/shop.js';

// Stores of accounts as people write them who have not read every line about them.

async function shopWith(accounts: Type<Customers>): Promise<Shop> {
  const shop = await startShop({ adapter: 'Express', accounts });
  onTestFinished(() => shop.close());
  return shop;
}

describe('accounts of an application', () => {
  it('may be read on a connection of their own, however many sign in at once', async () => {
    @Injectable()
    class InTheSameDatabase extends Customers {
      constructor(@InjectDataSource() private readonly db: DataSource) {
        super();
      }

      override async find(id: string): Promise<Account | undefined> {
        await this.db.query('SELECT customer FROM orders WHERE customer = $1', [id]);
        return super.find(id);
      }
    }
    const { origin } = await shopWith(InTheSameDatabase);
    const phone = new Phone(origin, 'grace');
    await phone.signIn();
    const screens = Array.from({ length: 20 }, () => new Screen(origin));
    for (const screen of screens) {
      await screen.open();
      await phone.scan(screen);
      await phone.confirm(screen);
    }
    const redeemed = await Promise.all(screens.map((screen) => screen.redeem()));
    expect(redeemed.map(({ status }) => status)).toEqual(screens.map(() => 200));
  });

  it.each([
    ['null', () => null as unknown as undefined],
    [
      'an UnauthorizedException',
      (): undefined => {
        throw new UnauthorizedException('Wrong password');
      },
    ],
  ])('that answer a wrong password with %s slow guessing down all the same', async (_what, answer) => {
    class Guessed extends Customers {
      override async verify(username: string, password: string): Promise<Account | undefined> {
        return password === PASSWORD ? super.verify(username, password) : answer();
      }
    }
    const { origin } = await shopWith(Guessed);
    const guesses = [];
    for (let nth = 0; nth < 12; nth += 1) {
      guesses.push((await new Phone(origin, 'grace').signIn('a wrong password')).body.code);
    }
    expect(guesses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'invalid_credentials'));
    expect(guesses.slice(10)).toContain('too_many_attempts');
  });
});

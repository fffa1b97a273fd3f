import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { phone, type ScannedTicket, screenLogin, session, type Session, type SignedIn } from '@scan-login/client';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@scan-login/embedded-postgres';
import { startShop } from './shop-process.js';

const password = 'correct horse battery staple';

let directory: string;
let postgres: EmbeddedPostgres;
before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'example-shop-'));
  postgres = await startEmbeddedPostgres(directory, { durable: false });
});
after(async () => {
  await postgres?.stop();
  await rm(directory, { recursive: true, force: true });
});

for (const adapter of ['express', 'fastify']) {
  describe(`the shop on ${adapter}`, () => {
    let shop: Awaited<ReturnType<typeof startShop>>;
    let api: string;
    before(async () => {
      shop = await startShop(adapter, postgres.url);
      api = `${shop.url}/api`;
    });
    after(() => shop?.stop());

    it('signs a customer in on a screen, who finds the basket that the phone has filled', async () => {
      const email = `ada@${adapter}.example`;
      await post(`${api}/v1/accounts`, { email, password, name: 'Ada Lovelace' });
      const phones = session({ server: api, device: { type: 'phone' } });
      await phones.signIn(email, password);
      await phones.call('/v1/basket/tea', { method: 'POST' });

      const screens = session({ server: api });
      const signedIn = await signInBy(phones, await screens.deviceId());
      await screens.begin(signedIn);
      assert.equal(signedIn.tokens.account.displayName, 'Ada Lovelace');
      assert.deepEqual(await screens.call('/v1/basket'), { basket: ['tea'] });

      await screens.signOut();
      await assert.rejects(screens.call('/v1/basket'));
      await phones.signOut();
    });

    it('keeps its own errors, and gets those of scan-login as problems', async () => {
      const account = { email: `twice@${adapter}.example`, password, name: 'Grace Hopper' };
      await post(`${api}/v1/accounts`, account);
      const conflict = await fetch(`${api}/v1/accounts`, json(account));
      assert.deepEqual([conflict.status, ((await conflict.json()) as { error: string }).error], [409, 'Conflict']);
      const refused = await fetch(`${api}/v1/basket`);
      assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [401, 'token_invalid']);
    });

    /** The customer's phone scans the code of a screen, and confirms. */
    async function signInBy(phones: Session, id: string): Promise<SignedIn> {
      const login = screenLogin({ server: api, device: { type: 'web', id }, confirmAccount: () => true });
      let ticket: ScannedTicket | undefined;
      for await (const state of login) {
        if (state.at === 'waiting') {
          assert.ok(state.qrUrl.startsWith(`${shop.url}/sign-in/`));
          ticket = await phone(phones).scan(state.qrUrl);
        }
        // the screen is new to the account, so it shows a number
        if (state.at === 'scanned') await ticket!.confirm(state.number);
        if (state.at === 'signed-in') return state;
      }
      throw new Error('The screen was not signed in');
    }
  });
}

const json = (body: unknown) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, json(body));
  assert.equal(response.status, 201, await response.text());
}

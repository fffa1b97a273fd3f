import { SigningKeys } from '@scan-login/nest/token';
import { describe, expect, it } from 'vitest';
import { signedInPhone } from '../support/actors.js';
import { type RunningApp, startAppForTest, TEST_SECRET } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { call } from '../support/http.js';

const OTHER_SECRET = 'u5Rw1eKq9ZtYx3VbNm7Lc0PsDf4Gh8Jk';

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid;
}

async function published(server: RunningApp): Promise<string[]> {
  const { body } = await call('GET', `${server.url}/.well-known/jwks.json`);
  return body.keys.map((key: { kid: string }) => key.kid);
}

/** Makes the keys older, and has every instance reload them, as it does by itself. */
async function age(server: RunningApp, seconds: number, ...others: RunningApp[]): Promise<void> {
  await server.db.query(`UPDATE signing_keys SET created_at = created_at - make_interval(secs => $1)`, [seconds]);
  for (const { app } of [server, ...others]) await app.get(SigningKeys)['load']();
}

describe('signing keys', () => {
  it('are replaced on demand: the new one is published first, then signs, and the old one is removed when its tokens have expired', async () => {
    const server = await startAppForTest();
    const phone = await signedInPhone(server.url);
    const old = kidOf(phone.tokens!.accessToken);
    await age(server, 1000);

    const next = await server.app.get(SigningKeys).rotate();
    expect(await published(server)).toEqual([next, old]);
    await phone.signIn();
    expect(kidOf(phone.tokens!.accessToken)).toBe(old);

    await age(server, 121);
    const signedByOld = phone.tokens!.accessToken;
    const newcomer = await signedInPhone(server.url);
    expect(kidOf(newcomer.tokens!.accessToken)).toBe(next);
    expect((await phone.account()).status).toBe(200);
    expect(kidOf(signedByOld)).toBe(old);

    await age(server, 600 + 120);
    expect(await published(server)).toEqual([next]);
    expect((await newcomer.account()).status).toBe(200);
    expect((await phone.account()).body.code).toBe('token_invalid');
  });

  it('are replaced by themselves after KEY_ROTATE_DAYS, by one of several instances', async () => {
    const DATABASE_URL = await createDatabase();
    const [one, other] = [await startAppForTest({ DATABASE_URL }), await startAppForTest({ DATABASE_URL })];
    expect(await published(one)).toEqual(await published(other));
    await age(one, 91 * 86_400, other);
    expect(await published(one)).toHaveLength(2);
    expect(await published(other)).toEqual(await published(one));
  });

  it('are known to every instance before they sign', async () => {
    const DATABASE_URL = await createDatabase();
    const [one, other] = [await startAppForTest({ DATABASE_URL }), await startAppForTest({ DATABASE_URL })];
    const next = await one.app.get(SigningKeys).rotate();
    await expect.poll(() => published(other)).toContain(next);
  });

  it('survive a change of APP_SECRET, when the previous one is configured once', async () => {
    const DATABASE_URL = await createDatabase();
    const before = await startAppForTest({ DATABASE_URL, APP_SECRET: TEST_SECRET });
    const phone = await signedInPhone(before.url);
    await expect(startAppForTest({ DATABASE_URL, APP_SECRET: OTHER_SECRET })).rejects.toThrow(/previousSecret/);

    const during = await startAppForTest({ DATABASE_URL, APP_SECRET: OTHER_SECRET, APP_SECRET_PREVIOUS: TEST_SECRET });
    const after = await startAppForTest({ DATABASE_URL, APP_SECRET: OTHER_SECRET });
    for (const server of [during, after]) {
      const { status } = await call('GET', `${server.url}/v1/account`, {
        headers: { authorization: `Bearer ${phone.tokens!.accessToken}`, 'x-device-id': phone.id },
      });
      expect(status).toBe(200);
    }
  });

  it('are sealed in the database', async () => {
    const server = await startAppForTest();
    const rows = await server.db.query(`SELECT encode(private_key_sealed, 'escape') AS text FROM signing_keys`);
    expect(rows).toHaveLength(1);
    expect(rows[0].text).not.toMatch(/PRIVATE|BEGIN|"d"/);
  });
});

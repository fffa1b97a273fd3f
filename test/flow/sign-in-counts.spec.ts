import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PASSWORD, register } from '../support/actors.js';
import { type RunningApp, startAppForTest } from '../support/app.js';
import { call } from '../support/http.js';

const LIMITS = {
  TRUST_PROXY: 'loopback',
  SIGN_IN_FAILURES_PER_ACCOUNT: '40',
  SIGN_IN_FAILURES_PER_ADDRESS: '0',
  SIGN_INS_PER_MINUTE: '0',
  SESSIONS_PER_DEVICE_TYPE: '0',
};

async function signIn({ url }: RunningApp, username: string, password: string): Promise<number> {
  const json = { username, password, device: { id: randomUUID(), type: 'phone' } };
  return (await call('POST', `${url}/v1/sessions`, { headers: { 'x-forwarded-for': '198.18.0.1' }, json })).status;
}

/** Failures of all user names together. */
async function counted({ db }: RunningApp): Promise<number> {
  return (await db.query('SELECT sum(failures)::int FROM sign_in_failures'))[0].sum;
}

describe('a password attempt', () => {
  it('counts when the password was wrong, and neither when it was right nor when it was not evaluated', async () => {
    const server = await startAppForTest(LIMITS);
    const usernames = await Promise.all(Array.from({ length: 6 }, () => register(server.url)));
    const statuses = await Promise.all(
      Array.from({ length: 120 }, (_, nth) =>
        signIn(server, usernames[nth % usernames.length]!, nth % 4 === 0 ? PASSWORD : 'wrong'),
      ),
    );
    const [right, wrong, busy] = [201, 401, 503].map((status) => statuses.filter((each) => each === status).length);
    expect(right! + wrong! + busy!).toBe(120);
    for (const some of [right, wrong, busy]) expect(some).toBeGreaterThan(0);
    expect(await counted(server)).toBe(wrong);
  });

  it('leaves no wait behind when it was right, although it was the last allowed one', async () => {
    const server = await startAppForTest({ ...LIMITS, SIGN_IN_FAILURES_PER_ACCOUNT: '2' });
    const username = await register(server.url);
    const passwords = ['wrong', PASSWORD, PASSWORD, 'wrong', PASSWORD];
    const statuses: number[] = [];
    for (const password of passwords) statuses.push(await signIn(server, username, password));
    expect(statuses).toEqual([401, 201, 201, 401, 429]);
  });

  it('on the device of a right password is counted apart, and the device keeps its failures', async () => {
    const server = await startAppForTest({ ...LIMITS, SIGN_IN_FAILURES_PER_ACCOUNT: '2' });
    const username = await register(server.url);
    const on = async (id: string, password: string) => {
      const json = { username, password, device: { id, type: 'phone' } };
      return (await call('POST', `${server.url}/v1/sessions`, { json })).status;
    };
    const passwords = [PASSWORD, 'wrong', PASSWORD, 'wrong', PASSWORD];
    const statuses: number[] = [];
    for (const password of passwords) statuses.push(await on('known', password));
    expect(statuses).toEqual([201, 401, 201, 401, 429]);
    expect(await on('another', PASSWORD)).toBe(201);
  });
});

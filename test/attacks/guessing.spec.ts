import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, type Phone, register, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { refusal } from './support/answers.js';
import { attack } from './support/attack.js';

// How password attempts are counted. A trusted proxy states the address of each call; abuse.spec.ts has the rest.

const LIMITS = {
  TRUST_PROXY: 'loopback',
  SIGN_IN_FAILURES_PER_ACCOUNT: '3',
  SIGN_IN_FAILURES_PER_ADDRESS: '6',
  SESSIONS_PER_DEVICE_TYPE: '0',
};
let server: RunningApp;

beforeAll(async () => {
  server = await startApp(LIMITS);
});
afterAll(() => server.close());

interface From {
  ip?: string;
  device?: string;
}

let addresses = 0;
/** An address that no other attempt came from. */
const newAddress = () => `198.18.${addresses >> 8}.${addresses++ & 255}`;

function signIn(
  username: string,
  password: string,
  { ip = newAddress(), device = randomUUID() }: From = {},
  to = server,
) {
  const json = { username, password, device: { id: device, type: 'phone' } };
  return call('POST', `${to.url}/v1/sessions`, { headers: { 'x-forwarded-for': ip }, json });
}

function changePassword(phone: Phone, current: string, ip = newAddress()): Promise<HttpResponse> {
  const json = { current, new: 'another long password' };
  return phone.as('POST', '/v1/account/password', json, { 'x-forwarded-for': ip });
}

/** Tries `count` wrong passwords, one after the other. */
async function guess(count: number, act: (password: string) => Promise<HttpResponse>): Promise<HttpResponse[]> {
  const responses: HttpResponse[] = [];
  while (responses.length < count) responses.push(await act(`wrong-${responses.length}`));
  return responses;
}

/** As if that many seconds had passed since each failure; every wait is over. */
async function letPass(seconds: number, { db } = server): Promise<void> {
  await db.query('UPDATE sign_in_failures SET at = at - make_interval(secs => $1), blocked_until = NULL', [seconds]);
}

const codesOf = (responses: HttpResponse[]) => responses.map(({ body }) => body.code as string | undefined);
const [wrong, tooMany] = ['invalid_credentials', 'too_many_attempts'];

function expectToWait(response: HttpResponse): void {
  expect(response).toMatchObject(refusal(429, tooMany));
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('guessing passwords', () => {
  attack('a hundred and fifty passwords at once: no more are evaluated than one after the other would be', {
    given: () => register(server.url),
    when: async (username) => {
      const began = performance.now();
      const responses = await Promise.all(Array.from({ length: 150 }, (_, nth) => signIn(username, `wrong-${nth}`)));
      return { responses, seconds: (performance.now() - began) / 1000 };
    },
    then: ({ responses, seconds }) => {
      const [tried, refused] = [401, 429].map((status) => responses.filter((response) => response.status === status));
      // after three, one more each time a wait is over: one second, two, four
      expect(tried!.length).toBeLessThanOrEqual(3 + Math.floor(Math.log2(1 + seconds)));
      expect(refused!.length).toBe(150 - tried!.length);
      for (const response of refused!) expectToWait(response);
    },
  });

  attack("signing in to an account of the guesser's own in between: the address does not start afresh", {
    given: () => register(server.url),
    when: async (own) => {
      const ip = newAddress();
      const responses: HttpResponse[] = [];
      for (let round = 0; round < 4; round += 1) {
        responses.push(
          ...(await guess(2, (password) => signIn(`other.${randomUUID().slice(0, 8)}`, password, { ip }))),
        );
        responses.push(await signIn(own, PASSWORD, { ip }));
      }
      return responses;
    },
    then: (responses) =>
      expect(codesOf(responses.slice(0, 9))).toEqual([
        wrong,
        wrong,
        undefined,
        wrong,
        wrong,
        undefined,
        wrong,
        wrong,
        tooMany,
      ]),
  });

  attack("guessing between the sign-ins of the owner: they do not reset the guesser's count", {
    given: () => signedInPhone(server.url),
    when: async (ada) => {
      const before = await guess(2, (password) => signIn(ada.username, password));
      const owner = await signIn(ada.username, PASSWORD, { device: ada.id });
      const after = await guess(2, (password) => signIn(ada.username, password));
      return { owner, guesses: [...before, ...after] };
    },
    then: ({ owner, guesses }) => {
      expect(owner.status).toBe(201);
      expect(codesOf(guesses)).toEqual([wrong, wrong, wrong, tooMany]);
    },
  });

  attack(
    'a guesser who comes back after a quarter of an hour: as many failures are forgotten as were allowed, not all',
    {
      given: () => register(server.url),
      when: async (username) => {
        for (let failure = 0; failure < 7; failure += 1) {
          await letPass(0);
          await signIn(username, 'wrong');
        }
        await letPass(15 * 60);
        return guess(2, (password) => signIn(username, password));
      },
      then: ([first, second]) => {
        expect(first).toMatchObject(refusal(401, wrong));
        expectToWait(second!);
      },
    },
  );

  attack('a hundred wrong passwords in a row, over any length of time: then only a known device gets in', {
    given: async () => {
      const unlimited = { SIGN_IN_FAILURES_PER_ACCOUNT: '0', SIGN_IN_FAILURES_PER_ADDRESS: '0' };
      const lenient = await startAppForTest({ ...LIMITS, ...unlimited });
      return { lenient, ada: await signedInPhone(lenient.url) };
    },
    when: async ({ lenient, ada: { username, id: device } }) => {
      const guesses = await guess(101, (password) => signIn(username, password, {}, lenient));
      await letPass(24 * 3600, lenient);
      const stranger = await signIn(username, PASSWORD, {}, lenient);
      const owner = await signIn(username, PASSWORD, { device }, lenient);
      const afterwards = await signIn(username, PASSWORD, {}, lenient);
      return { guesses, stranger, owner, afterwards };
    },
    then: ({ guesses, stranger, owner, afterwards }) => {
      expect(codesOf(guesses)).toEqual([...Array.from({ length: 100 }, () => wrong), tooMany]);
      expectToWait(stranger);
      expect(Number(stranger.headers.get('retry-after'))).toBeGreaterThan(24 * 3600);
      expect(owner.status).toBe(201);
      // a right password resets the count
      expect(afterwards.status).toBe(201);
    },
  });

  attack("guessing from a victim's network, on a device that they have signed in on: the address still counts", {
    given: () => signedInPhone(server.url),
    when: async ({ username, id: device }) => {
      const ip = newAddress();
      await guess(6, (password) => signIn(`sprayed.${randomUUID().slice(0, 8)}`, password, { ip }));
      return {
        there: await signIn(username, PASSWORD, { ip, device }),
        elsewhere: await signIn(username, PASSWORD, { device }),
      };
    },
    then: ({ there, elsewhere }) => {
      expectToWait(there);
      expect(elsewhere.status).toBe(201);
    },
  });

  attack("one wrong password on a victim's device, to make it unknown: it stays known, and gets in past a guesser", {
    given: () => signedInPhone(server.url),
    when: async ({ username, id: device }) => {
      await signIn(username, 'wrong', { device });
      await letPass(2 * 24 * 3600);
      await server.db.query(`INSERT INTO sign_in_failures (key, at) VALUES ('a mark', now() - interval '1 year')`);
      await startAppForTest({ ...LIMITS, DATABASE_URL: server.databaseUrl }); // sweeps on start
      const mark = () => server.db.query(`SELECT FROM sign_in_failures WHERE key = 'a mark'`);
      await expect.poll(mark, { timeout: 10_000 }).toEqual([]);
      await guess(4, (password) => signIn(username, password));
      return signIn(username, PASSWORD, { device });
    },
    then: (owner) => expect(owner.status).toBe(201),
  });
});

/** An account with this name and a password that the attacker knows. */
async function namesake(username: string): Promise<void> {
  const made = await call('POST', `${server.url}/v1/accounts`, { json: { username, password: PASSWORD } });
  expect(made.status).toBe(201);
}

describe('guessing the current password', () => {
  attack('with a stolen session, and an account named like the id of the victim: it resets no count', {
    given: async () => {
      const ada = await signedInPhone(server.url);
      await namesake(ada.tokens!.account.id);
      return ada;
    },
    when: async (ada) => {
      const before = await guess(2, (password) => changePassword(ada, password));
      expect((await signIn(ada.tokens!.account.id, PASSWORD)).status).toBe(201);
      return [...before, ...(await guess(2, (password) => changePassword(ada, password)))];
    },
    then: (guesses) => expect(codesOf(guesses)).toEqual([wrong, wrong, wrong, tooMany]),
  });

  attack("of an account that is named like another account's id: that other account is not blocked", {
    given: () => signedInPhone(server.url),
    when: async (ada) => {
      await guess(4, (password) => signIn(ada.tokens!.account.id, password));
      return changePassword(ada, PASSWORD);
    },
    then: (changed) => expect(changed.status).toBe(204),
  });

  attack('with a stolen session: its owner still signs in, on any device, and changes the password once it has ended', {
    given: async () => {
      const stolen = await signedInPhone(server.url);
      return { stolen, owner: await signedInPhone(server.url, stolen.username) };
    },
    when: async ({ stolen, owner }) => {
      const guesses = await guess(4, (password) => changePassword(stolen, password));
      const signedIn = await signIn(owner.username, PASSWORD);
      await owner.as('DELETE', `/v1/sessions/${stolen.tokens!.session.id}`);
      await letPass(0);
      return { guesses, signedIn, changed: await changePassword(owner, PASSWORD) };
    },
    then: ({ guesses, signedIn, changed }) => {
      expect(codesOf(guesses)).toEqual([wrong, wrong, wrong, tooMany]);
      expect([signedIn.status, changed.status]).toEqual([201, 204]);
    },
  });

  attack('with several sessions of one account in turn: they are counted together', {
    given: async () => {
      const one = await signedInPhone(server.url);
      return [one, await signedInPhone(server.url, one.username)];
    },
    when: async (phones) => {
      const responses: HttpResponse[] = [];
      for (const nth of [0, 1, 2, 3]) responses.push(await changePassword(phones[nth % 2]!, 'wrong'));
      return responses;
    },
    then: (guesses) => expect(codesOf(guesses)).toEqual([wrong, wrong, wrong, tooMany]),
  });
});

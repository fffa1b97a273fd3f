import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { register } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { call } from '../support/http.js';
import { attack } from './support/attack.js';

// What the response time reveals. Samples of both kinds alternate, so that other load on the machine slows both; the
// median of the differences between neighbors is compared with their spread.

let server: RunningApp;
let known: string;

beforeAll(async () => {
  server = await startApp({ SIGN_IN_FAILURES_PER_ACCOUNT: '0', SIGN_IN_FAILURES_PER_ADDRESS: '0' });
  known = await register(server.url);
});
afterAll(() => server.close());

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

type Asked = () => Promise<{ ms: number }>;

/** @returns how much longer one took than the other, in each pair, and how long they usually took */
async function compared(pairs: number, one: Asked, other: Asked) {
  const [differences, times]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    const isFirst = pair % 2 === 0; // each is first in half of the pairs
    const first = (await (isFirst ? one : other)()).ms;
    const second = (await (isFirst ? other : one)()).ms;
    differences.push(isFirst ? first - second : second - first);
    times.push(first, second);
  }
  return { differences, usual: median(times) };
}

/** Expects that the differences come from the machine: their median is small, or lost in their spread. */
function expectAlike({ differences, usual }: { differences: number[]; usual: number }, share: number): void {
  const middle = median(differences);
  const spread = 1.4826 * median(differences.map((each) => Math.abs(each - middle)));
  const error = (1.2533 * spread) / Math.sqrt(differences.length); // standard error of a median
  expect(Math.abs(middle), `of ${usual.toFixed(1)} ms`).toBeLessThan(Math.max(share * usual, 4 * error));
}

function signIn(username: string) {
  const json = { username, password: 'not the password', device: { id: 'a-device', type: 'phone' } };
  return call('POST', `${server.url}/v1/sessions`, { json });
}

describe('the response time', () => {
  attack('of an unknown name and of a wrong password: they cannot be told apart', {
    given: () => Promise.all([signIn(known), signIn('nobody')]), // warm-up
    when: () =>
      compared(
        40,
        () => signIn(known),
        () => signIn(`nobody.${randomUUID().slice(0, 8)}`),
      ),
    // without a hash to check, an unknown name would be answered in a fraction of the time
    then: (times) => expectAlike(times, 0.25),
  });

  attack('of a wrong ticket secret and of an unknown ticket: both take one query', {
    given: async () => {
      const { body } = await call('POST', `${server.url}/v1/tickets`, { json: { device: { id: 'x', type: 'web' } } });
      return `${server.url}/v1/tickets/${body.uuid}/status`;
    },
    when: (address) => {
      const headers = { 'x-ticket-secret': 'x'.repeat(43) };
      return compared(
        100,
        () => call('GET', address, { headers }),
        () => call('GET', `${server.url}/v1/tickets/${randomUUID()}/status`, { headers }),
      );
    },
    then: (times) => expectAlike(times, 0.4),
  });
});

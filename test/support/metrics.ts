import { expect } from 'vitest';
import { call } from './http.js';

/** The value of one metric, or the sum over its labels; undefined where this machine lacks it. */
export async function metric(url: string, name: string, labels = ''): Promise<number | undefined> {
  const text = (await call('GET', `${url}/metrics`)).body as string;
  const values = text.split('\n').filter((line) => line.startsWith(`${name}${labels} `));
  return values.length === 0 ? undefined : values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Tickets with a poll or a stream of this instance. */
export async function waitedOn(url: string): Promise<number> {
  return (await metric(url, 'scan_login_tickets_waited_on'))!;
}

/** Resolves when that many tickets are waited on, and each of them has been read once. */
export async function held(url: string, count: number, timeout = 300_000): Promise<void> {
  await expect.poll(() => waitedOn(url), { timeout }).toBe(count);
  // reads queue for the database, and this call queues behind them
  await call('GET', `${url}/readyz`);
}

import { expect } from 'vitest';
import { call } from './http.js';

/** The value of one metric, or of all its labels together; nothing where this machine does not have it. */
export async function metric(url: string, name: string, labels = ''): Promise<number | undefined> {
  const text = (await call('GET', `${url}/metrics`)).body as string;
  const values = text.split('\n').filter((line) => line.startsWith(`${name}${labels} `));
  return values.length === 0 ? undefined : values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Tickets that a poll or a stream of this instance waits on. */
export async function waitedOn(url: string): Promise<number> {
  return (await metric(url, 'scan_login_tickets_waited_on'))!;
}

/** Resolves when so many tickets are waited on, and the first look at each of them is done. */
export async function held(url: string, count: number, timeout = 300_000): Promise<void> {
  await expect.poll(() => waitedOn(url), { timeout }).toBe(count);
  // looks stand in line for the database, and this call stands behind them
  await call('GET', `${url}/readyz`);
}

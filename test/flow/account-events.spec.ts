import type { AccountEvents } from '@scan-login/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';

let server: RunningApp;
let phone: Phone;
beforeAll(async () => {
  server = await startApp();
  phone = await signedInPhone(server.url);
  for (let nth = 0; nth < 4; nth += 1) {
    const screen = new Screen(server.url);
    await screen.open();
    await phone.scan(screen);
    if (nth % 2 === 0) await phone.deny(screen);
  }
});
afterAll(() => server.close());

const ALL = [
  'ticket.denied',
  'ticket.denied',
  'session.started',
  'account.registered',
  'ticket.scanned',
  'ticket.scanned',
  'ticket.scanned',
  'ticket.scanned',
];

async function page(query: Record<string, string>) {
  const { status, body } = await phone.as('GET', `/v1/account/events?${new URLSearchParams(query).toString()}`);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as AccountEvents;
}

async function kinds(kind: string): Promise<string[]> {
  return (await page({ kind })).events.map(({ event }) => event);
}

describe('events of an account', () => {
  it('come page by page, each once, the important ones first and the newest first within each kind', async () => {
    const events: AccountEvents['events'] = [];
    let pages = 0;
    for (let before: string | null = ''; before !== null; pages += 1) {
      const { events: some, next } = await page({ limit: '3', ...(before && { before }) });
      events.push(...some);
      before = next;
    }
    expect(pages).toBe(3);
    expect(events.map(({ event }) => event)).toEqual(ALL);
    for (const important of [true, false]) {
      const times = events.filter((each) => each.important === important).map(({ at }) => at);
      expect(times).toEqual(times.toSorted().toReversed());
    }
    // a page that is exactly full and the last one says so
    expect((await page({ limit: String(ALL.length) })).next).toBeNull();
  });

  it('can be filtered by their kind', async () => {
    expect(await kinds('session.started')).toEqual(['session.started']);
    expect(await kinds('ticket.scanned,account.registered')).toEqual(['account.registered', ...ALL.slice(4)]);
    expect(await kinds('session.refresh_reused')).toEqual([]);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=',
    'before=7',
    'before=i1%27',
    'kind=',
    'kind=key.made',
    'kind=x',
  ])('are refused for ?%s, with the name of the parameter', async (query) => {
    const { status, body } = await phone.as('GET', `/v1/account/events?${query}`);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(body.errors[0].pointer).toContain(`?${query.split('=')[0]}`);
  });
});

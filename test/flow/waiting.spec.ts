import { request } from 'node:http';
import type { TicketStatus } from '@scan-login/nest/qr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Phone, Screen, screenAt, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { query } from '../support/database.js';
import { call } from '../support/http.js';

let server: RunningApp;
/** An instance that holds a poll for two seconds at most. */
let brief: RunningApp;
/** An instance that re-reads every second what its polls wait for. */
let careful: RunningApp;
let phone: Phone;

beforeAll(async () => {
  // only the bell wakes a poll here
  server = await startApp({ REREAD_EVERY: '60' });
  brief = await startApp({ POLL_HOLD: '2' });
  careful = await startApp({ REREAD_EVERY: '1' });
  phone = await signedInPhone(server.url);
});
afterAll(async () => {
  const all = [server, brief, careful];
  expect(all.map(({ bell }) => bell.size)).toEqual([0, 0, 0]);
  await Promise.all(all.map((each) => each.close()));
});

/** The body of a status response to a screen that knows of another status. */
const CODES = {
  pending: 408,
  scanned: 201,
  confirmed: 200,
  denied: 400,
  cancelled: 400,
  redeemed: 400,
  expired: 400,
} as const satisfies Record<TicketStatus, number>;

/** Resolves once that many tickets have a waiter. */
function waitersToBe(count: number, { bell } = server): Promise<void> {
  return expect.poll(() => bell.size, { interval: 5, timeout: 5000 }).toBe(count);
}

/** Resolves once there is no waiter left: within a second. */
function noWaiters(): Promise<void> {
  return expect.poll(() => server.bell.size, { interval: 5, timeout: 1000 }).toBe(0);
}

/** Far less than the hold, so a response within this time was not held; and enough for a busy machine. */
const SOON = 5000;

/** Polls a ticket of this status: held and unchanged when that is known, otherwise answered at once. */
async function askAs(known: string, screen: Screen, status: TicketStatus): Promise<void> {
  const isHeld = known === status;
  const response = await screen.poll(known, isHeld ? { wait: 1 } : {});
  const body = { code: isHeld ? 408 : CODES[status], status };
  expect(response, `${status}, known=${known}`).toMatchObject({ status: 200, body });
  if (isHeld) expect(response.ms).toBeGreaterThanOrEqual(990);
  else expect(response.ms).toBeLessThan(SOON);
}

describe('a long poll', () => {
  it.concurrent(
    'is held for as long as it may wait, at most for the configured hold, and then reports that nothing changed',
    async () => {
      const screen = new Screen(brief.url);
      expect((await screen.open()).body.holdFor).toBe(2);
      const polls = [1, 60, undefined].map((wait) => screen.poll('pending', { wait }));
      for (const [nth, response] of (await Promise.all(polls)).entries()) {
        expect(response.status).toBe(200);
        expect(response.headers.get('cache-control')).toContain('no-store');
        expect(response.body).toEqual({ code: 408, status: 'pending', expiresIn: expect.any(Number) });
        const held = [1000, 2000, 2000][nth]!;
        // a timer may fire early, by less than the 10 ms allowed here
        expect(response.ms).toBeGreaterThanOrEqual(held - 10);
        expect(response.ms).toBeLessThan(held + SOON);
      }
    },
  );

  it.concurrent(
    'is held while the ticket is as known, and otherwise answered at once, with the code of the status',
    async () => {
      const asked: Promise<void>[] = [];
      for (const status of Object.keys(CODES) as TicketStatus[]) {
        const screen = await screenAt(status, server, phone);
        asked.push(...Object.keys(CODES).map((known) => askAs(known, screen, status)));
      }
      await Promise.all(asked);
    },
  );

  it.concurrent('is answered although its ring was lost: the row is read again', async () => {
    const screen = new Screen(careful.url);
    await screen.open();
    const waiting = screen.poll('pending');
    await waitersToBe(1, careful);
    // behind the server's back, as by another instance whose signal was lost
    await careful.db.query(`UPDATE tickets SET status = 'cancelled' WHERE uuid = $1`, [screen.uuid]);
    const { body, ms } = await waiting;
    expect(body).toMatchObject({ code: 400, status: 'cancelled' });
    expect(ms).toBeLessThan(SOON);
    expect(careful.bell.size).toBe(0);
  });

  it('stays held when its ticket cannot be read for a while', async () => {
    const screen = await screenAt('pending', server, phone);
    const waiting = screen.poll('pending');
    await waitersToBe(1);
    await query(server.databaseUrl, 'ALTER TABLE tickets RENAME COLUMN number TO gone');
    server.bell.ring(screen.uuid);
    expect((await screen.poll('pending')).status).toBe(500);
    await query(server.databaseUrl, 'ALTER TABLE tickets RENAME COLUMN gone TO number');
    expect(server.bell.size).toBe(1);
    await phone.scan(screen);
    expect((await waiting).body).toMatchObject({ code: 201, status: 'scanned' });
  });

  it("takes a ticket's uuid in capitals too", async () => {
    const screen = await screenAt('scanned', server, phone);
    screen.uuid = screen.uuid.toUpperCase();
    expect((await screen.poll('pending')).body).toMatchObject({ code: 201, status: 'scanned' });
  });

  it('with wait=0 is answered at once', async () => {
    const screen = await screenAt('scanned', server, phone);
    const response = await screen.poll('scanned', { wait: 0 });
    expect(response.body).toMatchObject({ code: 408, status: 'scanned' });
    expect(response.ms).toBeLessThan(SOON);
  });

  it.each([
    'known=bored',
    'known=',
    'known=pending&known=scanned',
    'wait=-1',
    'wait=1.5',
    'wait=1e1',
    'wait=',
    'wait=soon',
    'wait=1&wait=2',
  ])('with %s is refused as bad input', async (asked) => {
    const screen = await screenAt('pending', server, phone);
    const headers = { 'x-ticket-secret': screen.secret };
    const response = await call('GET', `${server.url}/v1/tickets/${screen.uuid}/status?${asked}`, { headers });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const pointer = expect.stringContaining(asked.startsWith('known') ? 'known' : 'wait');
    expect(response).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer }] } });
  });

  it('is one of many on the same ticket, and all are answered', async () => {
    const screen = await screenAt('pending', server, phone);
    const waiting = Array.from({ length: 50 }, () => screen.poll('pending'));
    await waitersToBe(1);
    await phone.scan(screen);
    for (const { body } of await Promise.all(waiting)) expect(body).toMatchObject({ code: 201, status: 'scanned' });
    expect(server.bell.size).toBe(0);
  });
});

/** The events of a ticket as they come, without the stream's comments. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: unknown }, void> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      if (fields.has('data')) yield { event: fields.get('event')!, data: JSON.parse(fields.get('data')!) };
    }
  }
}

async function allEventsOf(response: Response) {
  const events: unknown[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

function eventsOfTicket({ uuid, secret }: Screen, signal?: AbortSignal, url = server.url): Promise<Response> {
  return fetch(`${url}/v1/tickets/${uuid}/events`, { headers: { 'x-ticket-secret': secret }, signal });
}

describe('the event stream', () => {
  it('tells each status in order, as the status call would, and ends with the last', async () => {
    const screen = await screenAt('pending', server, phone);
    const response = await eventsOfTicket(screen);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream\b/);
    expect(response.headers.get('cache-control')).toContain('no-store');
    const events = eventsOf(response);
    const next = async () => (await events.next()).value;
    const expiresIn = expect.any(Number);
    const account = { displayName: 'Ada Lovelace', avatarUrl: null, knownHere: false };

    expect(await next()).toEqual({ event: 'pending', data: { code: 408, status: 'pending', expiresIn } });
    await phone.scan(screen);
    expect(await next()).toEqual({ event: 'scanned', data: { code: 201, status: 'scanned', expiresIn, account } });
    await phone.confirm(screen);
    expect(await next()).toEqual({ event: 'confirmed', data: { code: 200, status: 'confirmed', expiresIn, account } });
    await screen.redeem();
    expect(await next()).toEqual({ event: 'redeemed', data: { code: 400, status: 'redeemed', expiresIn: 0 } });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    await noWaiters();
  });

  it.each(['denied', 'cancelled', 'redeemed', 'expired'] as const)(
    'of a %s ticket reports that and ends',
    async (status) => {
      const screen = await screenAt(status, server, phone);
      const events = await allEventsOf(await eventsOfTicket(screen));
      expect(events).toEqual([
        {
          event: status,
          data: { code: 400, status, expiresIn: 0, ...(status === 'denied' && { reason: 'declined' }) },
        },
      ]);
    },
  );

  it('does not begin with a wrong secret: the response is a plain problem', async () => {
    const screen = await screenAt('pending', server, phone);
    const headers = { 'x-ticket-secret': phone.tokens!.accessToken };
    const response = await call('GET', `${server.url}/v1/tickets/${screen.uuid}/events`, { headers });
    expect(response).toMatchObject({ status: 404, body: { code: 'ticket_not_found' } });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});

describe('a screen that hangs up', () => {
  const gone = { name: 'AbortError' };

  it('leaves nothing held: a poll that was aborted', async () => {
    const screen = await screenAt('pending', server, phone);
    const hangUp = new AbortController();
    const waiting = Array.from({ length: 5 }, () => screen.poll('pending', { signal: hangUp.signal }));
    await waitersToBe(1);
    hangUp.abort();
    for (const poll of waiting) await expect(poll).rejects.toMatchObject(gone);
    await noWaiters();
  });

  it('leaves nothing held: a poll whose connection was cut', async () => {
    const screen = await screenAt('pending', server, phone);
    const path = `${server.url}/v1/tickets/${screen.uuid}/status`;
    const poll = request(path, { agent: false, headers: { 'x-ticket-secret': screen.secret } });
    const cut = expect(new Promise((_, reject) => poll.on('error', reject))).rejects.toThrow();
    poll.end();
    await waitersToBe(1);
    poll.socket!.destroy();
    await cut;
    await noWaiters();
  });

  it('leaves nothing held: an event stream', async () => {
    const screen = await screenAt('pending', server, phone);
    const hangUp = new AbortController();
    const events = eventsOf(await eventsOfTicket(screen, hangUp.signal));
    await events.next();
    await waitersToBe(1);
    hangUp.abort();
    await expect(events.next()).rejects.toMatchObject(gone);
    await noWaiters();
  });

  it('leaves nothing held, whenever it hangs up', async () => {
    const screens = await Promise.all(Array.from({ length: 60 }, () => screenAt('pending', server, phone)));
    const leaving = screens.map(async (screen, nth) => {
      const hangUp = new AbortController();
      setTimeout(() => hangUp.abort(), Math.random() * 40);
      const { signal } = hangUp;
      const waiting = nth % 2 ? screen.poll('pending', { signal }) : eventsOfTicket(screen, signal).then(allEventsOf);
      await expect(waiting).rejects.toMatchObject(gone);
    });
    await Promise.all(leaving);
    await noWaiters();
  });

  it('does not end the polls of others', async () => {
    const screen = await screenAt('pending', server, phone);
    const hangUp = new AbortController();
    const leaving = screen.poll('pending', { signal: hangUp.signal });
    const staying = screen.poll('pending');
    await waitersToBe(1);
    hangUp.abort();
    await expect(leaving).rejects.toMatchObject(gone);
    await phone.scan(screen);
    expect((await staying).body).toMatchObject({ code: 201, status: 'scanned' });
  });
});

describe('a server that stops', () => {
  it('answers held polls as if their time were up, and exits within three seconds', async () => {
    const stopping = await startApp();
    const itsPhone = await signedInPhone(stopping.url);
    const held = await Promise.all(
      (['pending', 'scanned', 'confirmed'] as const).map((status) => screenAt(status, stopping, itsPhone)),
    );
    const streaming = await screenAt('pending', stopping, itsPhone);
    const responses = [held[0]!.poll('pending'), held[1]!.poll('scanned'), held[2]!.poll('confirmed')];
    const events = eventsOf(await eventsOfTicket(streaming, undefined, stopping.url));
    expect((await events.next()).value).toMatchObject({ event: 'pending' });
    await waitersToBe(4, stopping);

    const began = performance.now();
    await stopping.close();
    expect(performance.now() - began).toBeLessThan(3000);
    expect((await Promise.all(responses)).map(({ status, body }) => [status, body.code, body.status])).toEqual([
      [200, 408, 'pending'],
      [200, 408, 'scanned'],
      [200, 408, 'confirmed'],
    ]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(stopping.bell.size).toBe(0);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';

let server: RunningApp;
let phone: Phone;
beforeAll(async () => {
  server = await startApp({ CONFIRM_CHALLENGE: 'number' });
  phone = await signedInPhone(server.url);
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

/** A ticket that this phone has scanned. @returns the screen, and the number that it shows */
async function scanned(): Promise<{ screen: Screen; shown: number }> {
  const screen = new Screen(server.url);
  await screen.open();
  const scan = await phone.scan(screen);
  expect(scan.body.requires).toEqual({
    number: true,
    verification: false,
    reasons: ['new_screen', 'screen_without_key'],
  });
  const { body } = await screen.poll('pending');
  expect(body.number).toBeGreaterThanOrEqual(10);
  expect(body.number).toBeLessThanOrEqual(99);
  return { screen, shown: body.number };
}

function confirmWith(screen: Screen, number: unknown) {
  return phone.as('POST', `/v1/tickets/${screen.uuid}/confirm`, { scanToken: phone.scanToken, number });
}

const other = (shown: number) => (shown === 99 ? 10 : shown + 1);

describe('the number challenge', () => {
  it('lets a confirm through with the number that the screen shows, as a number or as text', async () => {
    for (const as of [Number, String]) {
      const { screen, shown } = await scanned();
      expect((await confirmWith(screen, as(shown))).status).toBe(204);
      const confirmed = await screen.poll('scanned');
      expect(confirmed.body).toMatchObject({ code: 200, status: 'confirmed' });
      expect(confirmed.body).not.toHaveProperty('number');
      expect((await screen.redeem()).status).toBe(200);
    }
  });

  it('shows the number to the screen alone', async () => {
    const { screen, shown } = await scanned();
    const again = await phone.scan(screen);
    // compared as values: a time such as 14:59:37 may contain the same digits
    expect(Object.values(again.body.screen).map(String)).not.toContain(String(shown));
    expect(again.body).not.toHaveProperty('number');
  });

  it('keeps the number when the phone scans again, which gives no further attempts', async () => {
    const { screen, shown } = await scanned();
    expect((await confirmWith(screen, other(shown))).body).toMatchObject({ code: 'number_wrong', triesLeft: 2 });
    await phone.scan(screen);
    expect((await confirmWith(screen, other(shown))).body).toMatchObject({ code: 'number_wrong', triesLeft: 1 });
    expect((await confirmWith(screen, shown)).status).toBe(204);
  });

  it('denies the ticket at the third wrong number, and tells the screen at once', async () => {
    const { screen, shown } = await scanned();
    const waiting = screen.poll('scanned');
    for (const triesLeft of [2, 1, 0]) {
      const response = await confirmWith(screen, other(shown));
      expect(response.body).toMatchObject({ status: 403, code: 'number_wrong', triesLeft });
    }
    expect((await waiting).body).toMatchObject({ code: 400, status: 'denied', reason: 'wrong_number' });
    const late = await confirmWith(screen, shown);
    expect(late.body).toMatchObject({ status: 409, code: 'ticket_wrong_status', currentStatus: 'denied' });
  });

  it('does not count a confirm without a number as an attempt, and refuses it', async () => {
    const { screen, shown } = await scanned();
    for (const nothing of [undefined, undefined, undefined, undefined]) {
      expect((await confirmWith(screen, nothing)).body).toMatchObject({ code: 'number_wrong', triesLeft: 3 });
    }
    for (const nonsense of ['7', 'abc', 4.5, null, [], {}, true]) {
      expect((await confirmWith(screen, nonsense)).status).toBe(400);
    }
    expect((await confirmWith(screen, shown)).status).toBe(204);
  });

  it('can still be denied without a number', async () => {
    const { screen } = await scanned();
    expect((await phone.deny(screen, 'not_me')).status).toBe(204);
  });
});

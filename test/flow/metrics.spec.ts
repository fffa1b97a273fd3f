import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { call } from '../support/http.js';

let server: RunningApp;
let other: RunningApp;
let phone: Phone;
beforeAll(async () => {
  server = await startApp();
  other = await startApp({ DATABASE_URL: server.databaseUrl });
  phone = await signedInPhone(server.url);
});
afterAll(() => Promise.all([server.close(), other.close()]));

/** The values of one instance by name and labels. */
async function figures({ url } = server): Promise<Map<string, number>> {
  const body: string = (await call('GET', `${url}/metrics`)).body;
  const lines = body.split('\n').filter((line) => line.startsWith('scan_login_') || line.startsWith('nodejs_'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

it('count what is held, where tickets are, which moves succeeded and failed, and how long responses took', async () => {
  const screen = new Screen(server.url);
  await screen.open();
  const waiting = [screen.poll('pending'), screen.poll('pending')];
  await expect.poll(() => server.bell.waiters).toBe(2);
  const before = await figures();
  expect(before.get('scan_login_polls_held')).toBe(2);
  expect(before.get('scan_login_tickets_waited_on')).toBe(1);
  expect(before.get('scan_login_tickets{status="pending"}')).toBe(1);
  expect(before.get('scan_login_database_connections')).toBeGreaterThan(0);
  expect(before.get('scan_login_database_waiting')).toBe(0);
  expect(before.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);

  await phone.scan(screen);
  await Promise.all(waiting);
  const [response] = await Promise.all([screen.poll('scanned'), phone.confirm(screen)]);
  expect(response.body.status).toBe('confirmed');
  await screen.redeem();
  await phone.scan(screen);

  const after = await figures();
  expect(after.get('scan_login_polls_held')).toBe(0);
  for (const move of ['open', 'scan', 'confirm', 'redeem']) {
    expect(after.get(`scan_login_moves_total{move="${move}",outcome="done"}`)).toBe(1);
  }
  expect(after.get('scan_login_moves_total{move="scan",outcome="ticket_wrong_status"}')).toBe(1);
});

it('measure how long a confirm took to reach a held poll, at the instance that held it, and how long rings take', async () => {
  const screen = new Screen(other.url);
  await screen.open();
  await phone.scan(screen);
  const waiting = screen.poll('scanned');
  await expect.poll(() => other.bell.waiters).toBe(1);
  await phone.confirm(screen);
  await waiting;
  const took = await figures(other);
  expect(took.get('scan_login_confirm_to_answer_seconds_count')).toBe(1);
  expect(took.get('scan_login_confirm_to_answer_seconds_sum')).toBeGreaterThan(0);
  expect(took.get('scan_login_confirm_to_answer_seconds_sum')).toBeLessThan(5);
  const lag = async () => (await figures(server)).get('scan_login_signal_lag_seconds_count');
  await expect.poll(lag).toBeGreaterThan(0);
});

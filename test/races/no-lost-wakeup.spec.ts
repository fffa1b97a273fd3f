import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import type { HttpResponse } from '../support/http.js';
import { many } from '../support/rounds.js';

const ROUNDS = many(200, 2_000);
const AT_A_TIME = 20;
/** A poll and a move start within so many milliseconds of each other; about as long as either takes. */
const APART = 20;
/** Far less than the hold, and far more than a response takes. */
const SOON = 3000;

let server: RunningApp;
let phone: Phone;
beforeAll(async () => {
  // re-reading the rows does not help within a test: a lost ring costs the whole hold of 25 s
  server = await startApp({ REREAD_EVERY: '60', POLL_HOLD: '25' });
  phone = await signedInPhone(server.url);
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

/**
 * A poll and a move that meet at a random moment. @returns the poll's response, and the time since the later of the two
 */
async function meet(poll: () => Promise<HttpResponse>, move: () => Promise<HttpResponse>) {
  const [pollAfter, moveAfter] = [Math.random() * APART, Math.random() * APART];
  let bothBegan = 0;
  const after = async (delay: number, act: () => Promise<HttpResponse>) => {
    await sleep(delay);
    bothBegan = performance.now();
    return act();
  };
  const [polled, moved] = await Promise.all([
    after(pollAfter, poll).then((response) => ({ response, ms: performance.now() - bothBegan })),
    after(moveAfter, move),
  ]);
  return { polled, moved, when: `poll after ${pollAfter.toFixed(1)} ms, move after ${moveAfter.toFixed(1)} ms` };
}

/** One ticket from its opening to its confirm; at each step the poll and the move are in flight together. */
async function play(): Promise<void> {
  const screen = new Screen(server.url);
  await screen.open();
  const scan = await meet(
    () => screen.poll('pending'),
    () => phone.as('POST', `/v1/tickets/${screen.uuid}/scan`),
  );
  expect(scan.moved.status).toBe(200);
  expect(scan.polled.response.body, scan.when).toMatchObject({ code: 201, status: 'scanned' });
  expect(scan.polled.ms, scan.when).toBeLessThan(SOON);

  const confirm = await meet(
    () => screen.poll('scanned'),
    () => phone.confirm(screen, scan.moved.body.scanToken),
  );
  expect(confirm.moved.status).toBe(204);
  expect(confirm.polled.response.body, confirm.when).toMatchObject({ code: 200, status: 'confirmed' });
  expect(confirm.polled.ms, confirm.when).toBeLessThan(SOON);
}

it(`wakes the screen in each of ${ROUNDS} rounds, at whatever moment of its poll the phone scans and confirms`, async () => {
  for (let round = 0; round < ROUNDS; round += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, play));
  }
}, 120_000);

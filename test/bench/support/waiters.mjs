import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.mjs';

/** Long enough that no poll is answered during a measurement; the default hold is 25 s. */
export const HOLDING = {
  POLL_HOLD: '300',
  TICKET_LIFE: '3600',
  TICKET_DECIDE_WITHIN: '3600',
  TICKET_DECIDE_UNTIL: '7200',
};

/**
 * Has polls held at a server, each over a connection of its own, and returns once all of them are.
 * @param {import('./child.mjs').Child} load
 * @param {import('./child.mjs').Child} server
 * @param {{ uuid: string, secret: string }[]} tickets
 */
export async function hold(load, server, tickets) {
  await load.ask('hold', { url: server.url, tickets });
  await untilHeld(server, tickets.length);
  if (tickets.length === 0) return;
  // a poll subscribes before the server reads its ticket, so this one is read after all of them
  const connection = new Connection(server.url);
  const [{ uuid, secret }] = tickets;
  await connection.call('GET', `/v1/tickets/${uuid}/status?known=scanned`, { 'X-Ticket-Secret': secret });
  connection.close();
}

/** The screens hang up. */
export async function release(load, server) {
  const answered = await load.ask('release');
  if (answered > 0) throw new Error(`${answered} polls were answered, though nothing happened`);
  await untilHeld(server, 0);
}

/** @param {import('./child.mjs').Child} server one of ours says it in its metrics, a reference when it is asked */
async function untilHeld(server, count) {
  const connection = new Connection(server.url);
  for (;;) {
    const { status, text } = await connection.call('GET', '/metrics');
    const held = status === 200 ? heldIn(text) : await server.ask('held');
    if (held === count) break;
    await sleep(50);
  }
  connection.close();
}

function heldIn(metrics) {
  const [, value] = /^scan_login_tickets_waited_on(?:\{[^}]*\})? (\d+)/m.exec(metrics) ?? [];
  if (value === undefined) throw new Error('the metrics do not tell how many tickets are waited on');
  return Number(value);
}

/** Opens tickets for screens that only wait. */
export function openTickets(load, server, count) {
  return load.ask('open', { url: server.url, count });
}

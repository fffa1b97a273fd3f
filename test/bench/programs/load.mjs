// The load generator: any number of screens and phones, in one process beside the servers.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, ready } from '../support/answering.mjs';
import { Connection } from '../support/connection.mjs';
import { news, Pair } from '../support/login.mjs';
import { keepDoing } from '../support/pace.mjs';
import { expect } from '../support/people.mjs';
import { Turns } from '../support/turns.mjs';

/** @typedef {import('../support/people.mjs').Person} Person */

/** How many connections are being made, or tickets opened, at a time. */
const AT_A_TIME = 32;
/** @type {Connection[]} */
let holding = [];
let answered = 0;
/** @type {Pair[] | undefined} */
let connected;

function countResponse() {
  answered += 1;
}

/** With several servers, a screen and its phone talk to different ones. */
function pairsOf(people, urls) {
  return people.map((person, at) => new Pair(person, urls[at % urls.length], urls[(at + 1) % urls.length]));
}

async function inTurns(items, work) {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

answers({
  /** Connects all of them for the next `logins`, since connecting is not part of a login. */
  async connect({ urls, people }) {
    connected = pairsOf(people, urls);
    await inTurns(connected, (pair) => pair.connect());
  },

  /**
   * Each worker has people of its own, who log in one after the other.
   * @param {{ urls: string[], people: Person[], workers: number, seconds: number }} args
   * @returns the pace, and each one's last session
   */
  async logins({ urls, people, workers, seconds }) {
    const pairs = connected ?? pairsOf(people, urls);
    connected = undefined;
    const sessionIds = {};
    const result = await keepDoing(Turns.among(pairs, workers), seconds, async (turns) => {
      const pair = turns.next();
      const { session } = await pair.login();
      sessionIds[pair.person.phone.accountId] = session.id;
    });
    for (const pair of pairs) pair.close();
    return { ...result, sessionIds };
  },

  /** Everyone logs in once. @returns each one's session */
  async loginEach({ url, people }) {
    const sessionIds = {};
    await inTurns(pairsOf(people, [url]), async (pair) => {
      sessionIds[pair.person.phone.accountId] = (await pair.login()).session.id;
      pair.close();
    });
    return sessionIds;
  },

  /** @returns tickets, with their secrets */
  async open({ url, count }) {
    const tickets = [];
    const connections = Array.from({ length: AT_A_TIME }, () => new Connection(url));
    await inTurns(Array.from({ length: count }), async () => {
      const connection = /** @type {Connection} */ (connections.pop());
      const device = { id: randomUUID(), type: 'web' };
      const { body } = await expect(201, connection.call('POST', '/v1/tickets', {}, { device }));
      tickets.push({ uuid: body.uuid, secret: body.secret });
      connections.push(connection);
    });
    for (const connection of connections) connection.close();
    return tickets;
  },

  /** Sends polls that wait, in addition to those held already. Returns once all are sent. */
  async hold({ url, tickets }) {
    await inTurns(tickets, async ({ uuid, secret }) => {
      const connection = new Connection(url);
      await connection.open();
      holding.push(connection);
      const path = `/v1/tickets/${uuid}/status?known=pending&wait=300`;
      connection.call('GET', path, { 'X-Ticket-Secret': secret }).then(countResponse, countResponse);
    });
  },

  /** @returns how many were answered meanwhile, which none should be */
  release() {
    const count = answered;
    for (const connection of holding) connection.close();
    holding = [];
    answered = 0;
    return count;
  },

  /**
   * How long it takes from the phone's confirm to the screen's answer, one after the other.
   * @param {{ urls: string[], people: Person[], count: number }} args
   * @returns {Promise<number[]>} milliseconds
   */
  async rings({ urls: [screenUrl, phoneUrl = screenUrl], people, count }) {
    const pairs = people.map((person) => new Pair(person, screenUrl, phoneUrl));
    const took = [];
    while (took.length < count) {
      const waiting = await Promise.all(pairs.map(untilWaiting));
      for (const { pair, ticket, scanToken, confirmed } of waiting) {
        const began = performance.now();
        const [, at] = await Promise.all([
          pair.confirm(ticket, scanToken),
          news(confirmed, 200).then(() => performance.now()),
        ]);
        took.push(at - began);
      }
    }
    for (const pair of pairs) pair.close();
    return took.slice(0, count);
  },

  /**
   * Logins that begin at an even pace, and a poll beside each, by people who have an address each behind a proxy.
   * @param {{ url: string, people: Person[], perSecond: number, seconds: number }} args
   * @returns {Promise<number[]>} milliseconds of each call
   */
  async pacedLogins({ url, people, perSecond, seconds }) {
    const took = [];
    const pairs = people.map((person, at) => new Pair(person, url, url, { 'X-Forwarded-For': `198.51.100.${at + 1}` }));
    await inTurns(pairs, (pair) => pair.connect());
    const began = performance.now();
    const logins = Array.from({ length: perSecond * seconds }, async (_, nth) => {
      await sleep(began + (nth / perSecond) * 1000 - performance.now());
      await timedLogin(pairs[(paced + nth) % pairs.length], took);
    });
    await Promise.all(logins);
    paced += logins.length;
    for (const pair of pairs) pair.close();
    return took;
  },
});

/** Paced logins so far: each turn uses the next people, so that none reaches the limit of an account. */
let paced = 0;

/** One whole login, with the time of each call; for a held poll, from the confirm to its response. */
async function timedLogin(pair, took) {
  const timed = async (call) => {
    const began = performance.now();
    const response = await call;
    took.push(performance.now() - began);
    return response;
  };
  const ticket = await timed(pair.open());
  await timed(pair.poll(ticket, 'scanned'));
  const { scanToken } = await timed(pair.scan(ticket));
  const confirmed = pair.poll(ticket, 'scanned');
  await Promise.all([timed(pair.confirm(ticket, scanToken)), timed(news(confirmed, 200))]);
  await timed(pair.redeem(ticket));
}

/** A screen whose ticket was scanned, waiting for the decision. */
async function untilWaiting(pair) {
  const ticket = await pair.open();
  const scanned = pair.poll(ticket, 'pending');
  const { scanToken } = await pair.scan(ticket);
  await news(scanned, 201);
  const confirmed = pair.poll(ticket, 'scanned');
  // once this one is answered, the one before it is held
  const later = new Connection(pair.screenUrl);
  const path = `/v1/tickets/${ticket.uuid}/status?known=pending`;
  await later.call('GET', path, { 'X-Ticket-Secret': ticket.secret });
  later.close();
  return { pair, ticket, scanToken, confirmed };
}

ready();

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { type Phone, Screen, screenAt, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import type { HttpResponse } from '../support/http.js';
import { refusal, wrongStatus } from './support/answers.js';
import { attack } from './support/attack.js';

// Two clients that exclude each other arrive at the same moment, at two instances on one database. The database itself
// records each change of a status, whichever instance makes it.

vi.setConfig({ testTimeout: 120_000 });

const ROUNDS = 200;
const AT_A_TIME = 10;

let here: RunningApp;
let there: RunningApp;
let ada: Phone;
let mallory: Phone;

beforeAll(async () => {
  const many = { SESSIONS_PER_DEVICE_TYPE: '0', SCANS_PER_ACCOUNT: '0' };
  here = await startApp(many);
  there = await startApp({ ...many, DATABASE_URL: here.databaseUrl });
  await here.db.query(`
    CREATE TABLE moves (nth serial, uuid uuid, status text);
    CREATE INDEX ON moves (uuid);
    CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO moves (uuid, status) VALUES (NEW.uuid, NEW.status); RETURN NULL; END $$;
    CREATE TRIGGER note_move AFTER UPDATE OF status ON tickets FOR EACH ROW EXECUTE FUNCTION note_move()`);
  [ada, mallory] = await Promise.all([signedInPhone(here.url), signedInPhone(here.url)]);
});
afterAll(async () => {
  for (const each of [there, here]) {
    expect(each.bell.size).toBe(0);
    await each.close();
  }
});

/** Every status that each ticket was moved to, in order, and how many sessions its screen has. */
async function witnessed(screens: Screen[]): Promise<{ moves: string[]; sessions: number }[]> {
  const found = await here.db.query<{ uuid: string; moves: string[]; sessions: number }[]>(
    `SELECT uuid, (SELECT array_agg(status ORDER BY nth) FROM moves WHERE moves.uuid = tickets.uuid) AS moves,
            (SELECT count(*)::int FROM sessions WHERE device_id = tickets.device_id) AS sessions
     FROM tickets WHERE uuid = ANY($1)`,
    [screens.map(({ uuid }) => uuid)],
  );
  const byName = new Map(found.map(({ uuid, ...rest }) => [uuid, rest]));
  return screens.map(({ uuid }) => byName.get(uuid)!);
}

function after(delay: number, act: () => Promise<HttpResponse>): Promise<HttpResponse> {
  return delay === 0 ? act() : sleep(delay).then(act);
}

/** Makes both calls at once; each is first in half of the rounds, by up to three milliseconds. */
async function together(round: number, one: () => Promise<HttpResponse>, other: () => Promise<HttpResponse>) {
  const late = Math.random() * 3;
  return Promise.all([after(round % 2 ? late : 0, one), after(round % 2 ? 0 : late, other)]);
}

/** Plays a race in all rounds. @returns the outcome of each round */
async function rounds<Outcome>(play: (round: number) => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  while (outcomes.length < ROUNDS) {
    const from = outcomes.length;
    outcomes.push(...(await Promise.all(Array.from({ length: AT_A_TIME }, (_, nth) => play(from + nth)))));
  }
  return outcomes;
}

const at = (status: Parameters<typeof screenAt>[0]) => screenAt(status, here, ada.at(here.url));

describe(`races on two instances, ${ROUNDS} rounds each`, () => {
  attack('every step of a login twice, by two people: one is let in, and one session results', {
    given: () => ({ thief: mallory.id }),
    when: ({ thief }) =>
      rounds(async (round) => {
        const screen = new Screen(here.url);
        await screen.open();
        const [one, other] = [ada.at(here.url), mallory.at(there.url)];
        const scans = await together(
          round,
          () => one.scan(screen),
          () => other.scan(screen),
        );
        const [winner, loser] = scans[0].status === 200 ? [one, other] : [other, one];
        const confirms = await together(
          round,
          () => winner.confirm(screen),
          () => loser.confirm(screen, winner.scanToken), // leaked scan token
        );
        const stolen = screen.at(there.url).redeem({ device: thief });
        const own = [screen.at(there.url).redeem(), screen.at(here.url).redeem()];
        return { screen, scans, winner, confirms, own: await Promise.all(own), stolen: await stolen };
      }),
    then: async (outcomes) => {
      for (const { scans, winner, confirms, own, stolen } of outcomes) {
        expect(scans.filter(({ status }) => status === 200)).toHaveLength(1);
        expect(scans.find(({ status }) => status !== 200)).toMatchObject(refusal(409, 'ticket_already_scanned'));
        expect(confirms[0].status).toBe(204);
        expect(confirms[1]).toMatchObject(refusal(403, 'ticket_not_yours'));
        for (const { status, body } of own) {
          expect(status).toBe(200);
          expect(body.account.id).toBe(winner.tokens!.account.id);
          expect(body.session.id).toBe(own[0]!.body.session.id);
        }
        expect(stolen).toMatchObject(refusal(403, 'device_mismatch'));
      }
      for (const seen of await witnessed(outcomes.map(({ screen }) => screen))) {
        expect(seen).toEqual({ moves: ['scanned', 'confirmed', 'redeemed'], sessions: 1 });
      }
    },
  });

  attack('confirm against deny: after a deny that was acknowledged, nothing is ever confirmed', {
    given: () => there.url,
    when: (again) =>
      rounds(async (round) => {
        const phone = ada.at(here.url);
        const screen = await screenAt('scanned', here, phone);
        const [confirmed, denied] = await together(
          round,
          () => phone.confirm(screen),
          () => phone.at(again).deny(screen, 'not_me'),
        );
        return { screen, confirmed, denied, redeemed: await screen.redeem() };
      }),
    then: async (outcomes) => {
      const winners = new Set<string>();
      const seen = await witnessed(outcomes.map(({ screen }) => screen));
      for (const [nth, { confirmed, denied, redeemed }] of outcomes.entries()) {
        const winner = denied.status === 204 ? 'denied' : 'confirmed';
        winners.add(winner);
        expect(winner === 'denied' ? confirmed : denied).toMatchObject(wrongStatus(winner));
        expect(winner === 'denied' ? denied.status : confirmed.status).toBe(204);
        expect(redeemed.status).toBe(winner === 'denied' ? 409 : 200);
        const moves = winner === 'denied' ? ['scanned', 'denied'] : ['scanned', 'confirmed', 'redeemed'];
        expect(seen[nth]).toEqual({ moves, sessions: winner === 'denied' ? 0 : 1 });
      }
      expect(winners).toEqual(new Set(['confirmed', 'denied']));
    },
  });

  attack('confirm against the end of the ticket: it is confirmed in time, or it is over', {
    given: () => ({ usual: 10 }),
    when: (pace) =>
      rounds(async (round) => {
        const phone = ada.at(here.url);
        const screen = await screenAt('scanned', here, phone);
        const ends = `UPDATE tickets SET expires_at = clock_timestamp() + interval '1 ms' * $2 WHERE uuid = $1`;
        await here.db.query(ends, [screen.uuid, Math.random() * 2 * pace.usual]);
        const [one, other] = await together(
          round,
          () => phone.confirm(screen),
          () => phone.at(there.url).confirm(screen),
        );
        pace.usual = Math.max(one.ms, other.ms);
        return { screen, responses: [one, other], redeemed: await screen.redeem() };
      }),
    then: async (outcomes) => {
      const statuses = new Set<number>();
      const seen = await witnessed(outcomes.map(({ screen }) => screen));
      for (const [nth, { responses, redeemed }] of outcomes.entries()) {
        for (const { status } of responses) statuses.add(status);
        const isConfirmed = responses.some(({ status }) => status === 204);
        if (isConfirmed) expect(redeemed.status).toBe(200);
        else
          for (const response of [...responses, redeemed])
            expect(response).toMatchObject(refusal(410, 'ticket_expired'));
        expect(seen[nth]!.moves).toEqual(isConfirmed ? ['scanned', 'confirmed', 'redeemed'] : ['scanned']);
      }
      expect(statuses).toEqual(new Set([204, 410]));
    },
  });

  attack('confirm against cancel: what the screen cancelled stays cancelled, whatever the phone was told', {
    given: () => there.url,
    when: (url) =>
      rounds(async (round) => {
        const phone = ada.at(here.url);
        const screen = await screenAt('scanned', here, phone);
        const [confirmed, cancelled] = await together(
          round,
          () => phone.confirm(screen),
          () => screen.at(url).cancel(),
        );
        return { screen, confirmed, cancelled, redeemed: await screen.redeem() };
      }),
    then: async (outcomes) => {
      const seen = await witnessed(outcomes.map(({ screen }) => screen));
      for (const [nth, { confirmed, cancelled, redeemed }] of outcomes.entries()) {
        expect(cancelled.status).toBe(204);
        if (confirmed.status !== 204) expect(confirmed).toMatchObject(wrongStatus('cancelled'));
        expect(redeemed).toMatchObject(wrongStatus('cancelled'));
        const moves = confirmed.status === 204 ? ['scanned', 'confirmed', 'cancelled'] : ['scanned', 'cancelled'];
        expect(seen[nth]).toEqual({ moves, sessions: 0 });
      }
    },
  });

  attack('redeem against cancel: there is a session, or the ticket is cancelled, and never both', {
    given: () => there.url,
    when: (url) =>
      rounds(async (round) => {
        const screen = await at('confirmed');
        const [redeemed, cancelled] = await together(
          round,
          () => screen.redeem(),
          () => screen.at(url).cancel(),
        );
        return { screen, redeemed, cancelled };
      }),
    then: async (outcomes) => {
      const winners = new Set<string>();
      const seen = await witnessed(outcomes.map(({ screen }) => screen));
      for (const [nth, { redeemed, cancelled }] of outcomes.entries()) {
        const winner = redeemed.status === 200 ? 'redeemed' : 'cancelled';
        winners.add(winner);
        expect(winner === 'redeemed' ? cancelled : redeemed).toMatchObject(wrongStatus(winner));
        expect(seen[nth]).toEqual({ moves: ['scanned', 'confirmed', winner], sessions: winner === 'redeemed' ? 1 : 0 });
      }
      expect(winners).toEqual(new Set(['redeemed', 'cancelled']));
    },
  });

  attack('a thief and the owner refresh at once: both get one and the same successor, so that no second line begins', {
    given: () => signedInPhone(here.url),
    when: async (owner) => {
      const lines: HttpResponse[][] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const both = await together(
          round,
          () => owner.refresh(),
          () => owner.at(there.url).refresh(),
        );
        lines.push(both);
        owner.tokens = both[0].body;
      }
      return lines;
    },
    then: (lines) => {
      for (const [one, other] of lines) {
        expect([one!.status, other!.status]).toEqual([200, 200]);
        expect(one!.body.refreshToken).toBe(other!.body.refreshToken);
      }
    },
  });
});

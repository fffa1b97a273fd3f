import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Phone, rowOf, Screen, screenAt, signedInPhones } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { DeviceKey } from '../support/device-key.js';
import type { HttpResponse } from '../support/http.js';

// many rounds, on a machine that may be busy
vi.setConfig({ testTimeout: 120_000 });

const MANY = 50;
/** Two instances of the server on one database. */
let instances: [RunningApp, RunningApp];
let phones: Phone[];
let phone: Phone;

beforeAll(async () => {
  const DATABASE_URL = await createDatabase();
  instances = await Promise.all([startApp({ DATABASE_URL }), startApp({ DATABASE_URL })]);
  await witnessMoves();
  phones = await signedInPhones(instances[0].url, MANY);
  phone = phones[0]!;
});
afterAll(async () => {
  expect(instances.map(({ bell }) => bell.size)).toEqual([0, 0]);
  await Promise.all(instances.map((instance) => instance.close()));
});

/** The database itself records each change of a status, whichever instance makes it. */
async function witnessMoves(): Promise<void> {
  await instances[0].db.query(`
    CREATE TABLE moves (nth serial, uuid uuid, status text);
    CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO moves (uuid, status) VALUES (NEW.uuid, NEW.status); RETURN NULL; END $$;
    CREATE TRIGGER note_move AFTER UPDATE OF status ON tickets FOR EACH ROW EXECUTE FUNCTION note_move()`);
}

/** Every status that the ticket was moved to, in order. */
async function movesOf({ uuid }: Screen): Promise<string[]> {
  const moves = await instances[0].db.query<{ status: string }[]>(
    'SELECT status FROM moves WHERE uuid = $1 ORDER BY nth',
    [uuid],
  );
  return moves.map(({ status }) => status);
}

/**
 * Plays many rounds: in every second one the calls are spread over both instances.
 * @param play gets the address for the nth caller
 */
async function rounds(count: number, play: (urlFor: (nth: number) => string, round: number) => Promise<void>) {
  for (let round = 0; round < count; round++) {
    await play((nth) => instances[round % 2 === 0 ? 0 : ((nth % 2) as 0 | 1)].url, round);
  }
}

/** Calls that are to arrive at the same time; each side is first in half of the rounds. */
async function atOnce(round: number, ...two: [() => Promise<HttpResponse>, () => Promise<HttpResponse>]) {
  const late = Math.random() * 3;
  const inOrder = round % 4 < 2 ? [0, late] : [late, 0];
  const [one, other] = await Promise.all(two.map((act, nth) => sleep(inOrder[nth]).then(act)));
  return [one!, other!] as const;
}

function wrongStatus(currentStatus: unknown) {
  return { status: 409, body: { code: 'ticket_wrong_status', currentStatus } };
}

describe('of fifty at once', () => {
  it('one phone scans, and the others are told that another one was faster', async () => {
    await rounds(20, async (urlFor) => {
      const screen = await screenAt('pending', instances[0], phone);
      const responses = await Promise.all(phones.map((each, nth) => each.at(urlFor(nth)).scan(screen)));
      const winner = phones[responses.findIndex(({ status }) => status === 200)]!;
      const losers = responses.filter(({ status }) => status !== 200);
      expect(losers).toHaveLength(MANY - 1);
      for (const loser of losers)
        expect(loser).toMatchObject({ status: 409, body: { code: 'ticket_already_scanned' } });
      expect(await movesOf(screen)).toEqual(['scanned']);
      expect(await rowOf(instances[0].db, screen)).toMatchObject({
        status: 'scanned',
        phone_session_id: winner.tokens!.session.id,
        account_id: winner.tokens!.account.id,
      });
      const { scanToken } = responses.find(({ status }) => status === 200)!.body;
      expect((await winner.confirm(screen, scanToken)).status).toBe(204);
      expect((await screen.redeem()).body.account.id).toBe(winner.tokens!.account.id);
    });
  });

  it('the same phone gets fifty scan tokens, and the one of the last scan is valid', async () => {
    await rounds(2, async (urlFor) => {
      const screen = await screenAt('pending', instances[0], phone);
      const scans = await Promise.all(phones.map((_, nth) => phone.at(urlFor(nth)).scan(screen)));
      const tokens = scans.map(({ body }) => body.scanToken);
      expect(new Set(tokens).size).toBe(MANY);
      const confirms = await Promise.all(tokens.map((token) => phone.confirm(screen, token)));
      expect(confirms.filter(({ status }) => status === 204)).toHaveLength(1);
      const dead = confirms.filter(({ body }) => body.code === 'scan_token_invalid');
      expect(dead).toHaveLength(MANY - 1);
    });
  });

  it('all confirms succeed, and the ticket is confirmed once', async () => {
    await rounds(20, async (urlFor) => {
      const screen = await screenAt('scanned', instances[0], phone);
      const responses = await Promise.all(phones.map((_, nth) => phone.at(urlFor(nth)).confirm(screen)));
      expect(responses.map(({ status }) => status)).toEqual(phones.map(() => 204));
      expect(await movesOf(screen)).toEqual(['scanned', 'confirmed']);
    });
  });

  it('redeems with the right key, another one and none: those with the right key are one session, and nobody else gets it', async () => {
    const [key, another] = [await DeviceKey.make(), await DeviceKey.make()];
    await rounds(10, async (urlFor) => {
      const screen = Object.assign(new Screen(instances[0].url), { key });
      await screen.open();
      await phone.scan(screen);
      await phone.confirm(screen);
      const by = [key, another, null];
      const responses = await Promise.all(
        phones.slice(0, 15).map((_, nth) => screen.at(urlFor(nth)).redeem({ by: by[nth % 3], tokenType: 'Bearer' })),
      );
      responses.forEach((response, nth) => {
        const expected = nth % 3 === 0 ? { status: 200 } : { status: 401, body: { code: 'proof_invalid' } };
        expect(response).toMatchObject(expected);
      });
      expect(await movesOf(screen)).toEqual(['scanned', 'confirmed', 'redeemed']);
      expect(await instances[0].db.query('SELECT id FROM sessions WHERE device_id = $1', [screen.id])).toHaveLength(1);
    });
  });

  it('all redeems are one session, and one refresh token of them works', async () => {
    await rounds(20, async (urlFor) => {
      const screen = await screenAt('confirmed', instances[0], phone);
      const responses = await Promise.all(phones.map((_, nth) => screen.at(urlFor(nth)).redeem()));
      expect(responses.map(({ status }) => status)).toEqual(phones.map(() => 200));
      expect(await movesOf(screen)).toEqual(['scanned', 'confirmed', 'redeemed']);

      const sessions = await instances[0].db.query('SELECT id FROM sessions WHERE device_id = $1', [screen.id]);
      expect(sessions).toHaveLength(1);
      expect(new Set(responses.map(({ body }) => body.session.id))).toEqual(new Set([sessions[0].id]));

      const refreshed = await Promise.all(
        responses.map(({ body }, nth) => screen.at(urlFor(nth)).refresh(body.refreshToken)),
      );
      const [works, ...more] = refreshed.filter(({ status }) => status === 200);
      expect(more).toEqual([]);
      expect(works!.body.session.id).toBe(sessions[0].id);
      const dead = refreshed.filter(({ status, body }) => status === 401 && body.code === 'token_invalid');
      expect(dead).toHaveLength(MANY - 1);
      // the dead ones have ended nothing
      screen.tokens = works!.body;
      expect((await screen.account()).status).toBe(200);
    });
  });
});

describe('of two calls that exclude each other, one wins and the row agrees', () => {
  it('a repeated redeem against the first refresh: one of them has the tokens, and the other is told', async () => {
    await rounds(30, async (urlFor, round) => {
      const screen = await screenAt('redeemed', instances[0], phone);
      const [redeemed, refreshed] = await atOnce(
        round,
        () => screen.at(urlFor(0)).redeem(),
        () => screen.at(urlFor(1)).refresh(),
      );
      const [winner, loser] = redeemed.status === 200 ? [redeemed, refreshed] : [refreshed, redeemed];
      const deadToken = { status: 401, body: { code: 'token_invalid' } };
      expect(loser).toMatchObject(winner === redeemed ? deadToken : wrongStatus('redeemed'));
      expect(winner).toMatchObject({ status: 200, body: { session: screen.tokens!.session } });
      expect((await screen.refresh(winner.body.refreshToken)).status).toBe(200);
    });
  });

  it('scan against expiry: a successful scan is on the row, and a refused one has not changed it', async () => {
    const outcomes = new Set<number>();
    /** Time that a scan takes on this machine, in milliseconds: the ticket is to end about then. */
    let usual = 10;
    await rounds(40, async (urlFor) => {
      const screen = await screenAt('pending', instances[0], phone);
      const lifeLeft = `now() + interval '1 ms' * $2`;
      await instances[0].db.query(`UPDATE tickets SET expires_at = ${lifeLeft} WHERE uuid = $1`, [
        screen.uuid,
        Math.random() * 2 * usual,
      ]);
      const scans = await Promise.all([0, 1, 2].map((nth) => phones[nth]!.at(urlFor(nth)).scan(screen)));
      for (const { status } of scans) outcomes.add(status);
      usual = Math.max(...scans.map(({ ms }) => ms));

      const winners = scans.filter(({ status }) => status === 200);
      const row = await rowOf(instances[0].db, screen);
      const { body } = await screen.poll('pending', { wait: 0 });
      if (winners.length === 0) {
        for (const scan of scans) expect(scan).toMatchObject({ status: 410, body: { code: 'ticket_expired' } });
        expect(row).toMatchObject({ status: 'pending', account_id: null, scan_token_hash: null });
        expect(body).toMatchObject({ code: 400, status: 'expired' });
        expect(await movesOf(screen)).toEqual([]);
      } else {
        expect(winners).toHaveLength(1);
        const winner = phones[scans.indexOf(winners[0]!)]!;
        expect(row).toMatchObject({ status: 'scanned', phone_device_id: winner.id });
        expect(body).toMatchObject({ code: 201, status: 'scanned' });
      }
    });
    expect(outcomes).toEqual(new Set([200, 409, 410]));
  });
});

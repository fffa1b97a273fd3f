import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Phone, Screen, signedInPhones } from '../support/actors.js';
import { type Fleet, startFleet } from '../support/fleet.js';
import { many, LONG_TIMEOUTS } from '../support/rounds.js';

vi.setConfig(LONG_TIMEOUTS);

const RACES = many(100, 10_000);
const AT_A_TIME = 8;
let fleet: Fleet;
let phones: Phone[];
let database: Pool;

beforeAll(async () => {
  fleet = await startFleet();
  phones = await signedInPhones(fleet.servers[0]!.url, AT_A_TIME);
  database = new Pool({ connectionString: fleet.databaseUrl, max: 4 });
});
afterAll(async () => {
  await database.end();
  await fleet.end();
});

/** Responses by status. */
interface Told {
  confirm: number[];
  deny: number[];
  redeem: number[];
}

async function statuses(...calls: Promise<{ status: number }>[]): Promise<number[]> {
  return (await Promise.all(calls)).map(({ status }) => status);
}

/** Two confirms, a deny and three redeems of one scanned ticket, all at once, at both instances. */
async function race(phone: Phone): Promise<{ screen: Screen; told: Told }> {
  const [here, there] = fleet.servers.map(({ url }) => url) as [string, string];
  const screen = new Screen(here);
  await screen.open();
  const { scanToken } = (await phone.scan(screen)).body;
  // it is confirmed while the others arrive, so that redeem and deny meet it in either state
  const confirm = statuses(phone.at(here).confirm(screen, scanToken), phone.at(there).confirm(screen, scanToken));
  const deny = statuses(phone.at(Math.random() < 0.5 ? here : there).deny(screen, undefined, scanToken));
  const redeem = statuses(...[there, here, there].map((url) => screen.at(url).redeem()));
  const told = { confirm: await confirm, deny: await deny, redeem: await redeem };
  // once more at the end
  told.redeem.push((await screen.at(there).redeem()).status, (await screen.redeem()).status);
  return { screen, told };
}

async function sessionsOf({ id }: Screen): Promise<number> {
  return (await database.query('SELECT FROM sessions WHERE device_id = $1', [id])).rowCount!;
}

async function statusOf({ uuid }: Screen): Promise<string> {
  return (await database.query<{ status: string }>('SELECT status FROM tickets WHERE uuid = $1', [uuid])).rows[0]!
    .status;
}

describe('P2: over two instances', () => {
  it(`a ticket gets one session at most, whatever the order of confirms, denies and redeems: ${RACES} races`, async () => {
    const outcomes: Record<string, number> = {};
    let left = RACES;
    const lane = async (phone: Phone) => {
      while (left-- > 0) {
        const { screen, told } = await race(phone);
        const status = await statusOf(screen);
        const yes = told.confirm.includes(204);
        const no = told.deny.includes(204);
        const where = `${status}: ${JSON.stringify(told)}`;
        expect([yes, no].filter(Boolean), where).toHaveLength(1);
        expect(status, where).toBe(yes ? 'redeemed' : 'denied');
        expect(await sessionsOf(screen), where).toBe(yes ? 1 : 0);
        for (const each of told.redeem) expect([200, 409], where).toContain(each);
        expect(told.redeem.includes(200), where).toBe(yes);
        outcomes[status] = (outcomes[status] ?? 0) + 1;
      }
    };
    await Promise.all(phones.map(lane));
    console.log(`${RACES} races: ${JSON.stringify(outcomes)}`);
    // each side won some of the races
    expect(Object.keys(outcomes).toSorted()).toEqual(['denied', 'redeemed']);
  });
});

import pg from 'pg';
import { startProgram, startServer } from '../support/child.mjs';
import { makePeople } from '../support/people.mjs';
import { say } from '../support/say.mjs';
import { HOLDING, hold, openTickets, release } from '../support/waiters.mjs';

/**
 * How the rate of logins changes with many tickets, and with many waiters.
 * @param {import('../support/databases.mjs').Run} run
 */
export async function growth({ belongings, databases, options: { quick, repeat } }) {
  const size = quick
    ? { few: 1000, many: 10_000, held: [0, 500, 1500], people: 32, workers: 16, seconds: 2 }
    : { few: 10_000, many: 1_000_000, held: [0, 5000, 15_000], people: 128, workers: 32, seconds: 8 };
  const load = await belongings.keep(startProgram('load.mjs'));
  const few = await stage('growth_few', size.few);
  const many = await stage('growth_many', size.many);
  const tickets = await openTickets(load, few.server, size.held.at(-1));

  async function stage(name, count) {
    say(`growth: filling a table with ${count} tickets`);
    const url = await databases.make(name);
    const server = await belongings.keep(startServer({ DATABASE_URL: url, ...HOLDING }));
    await openTickets(load, server, 1);
    await fill(url, count);
    const people = await makePeople(server.url, size.people);
    const logIn = (seconds) => load.ask('logins', { urls: [server.url], people, workers: size.workers, seconds });
    await logIn(size.seconds);
    return { server, logIn };
  }

  const ofTable = { few: [], many: [] };
  const ofHeld = Object.fromEntries(size.held.map((count) => [count, []]));
  const measure = async (at, title, results) => {
    await databases.settle();
    const { perSecond, p50, p99 } = await at.logIn(size.seconds);
    results.push(perSecond);
    say(`growth: ${title} ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  };
  for (let round = 1; round <= repeat; round += 1) {
    await measure(few, `${round}/${repeat} ${size.few} tickets`, ofTable.few);
    await measure(many, `${round}/${repeat} ${size.many} tickets`, ofTable.many);
    for (const count of size.held) {
      await hold(load, few.server, tickets.slice(0, count));
      await measure(few, `${round}/${repeat} ${count} polls held`, ofHeld[count]);
      await release(load, few.server);
    }
  }
  return { figures: figuresOf(size, ofTable, ofHeld), details: { size, ofTable, ofHeld } };
}

function figuresOf({ few, many, held: [none, ...more] }, ofTable, ofHeld) {
  return [
    figure(`${many} tickets present`, ofTable.many, `${few} present`, ofTable.few),
    ...more.map((count) => figure(`${count} polls held`, ofHeld[count], 'none held', ofHeld[none])),
  ];
}

function figure(what, ours, name, samples) {
  return { part: 'growth', what: `logins, ${what}`, unit: '/s', ours, reference: { name, samples } };
}

/** Copies an existing ticket, whatever its columns, with expiry times spread out. */
async function fill(databaseUrl, count) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(
    `SELECT quote_ident(column_name) AS name FROM information_schema.columns
     WHERE table_name = 'tickets' AND is_generated = 'NEVER' AND column_name NOT IN ('uuid', 'expires_at')`,
  );
  const same = rows.map(({ name }) => name).join(', ');
  await client.query(
    `INSERT INTO scan_login.tickets (uuid, expires_at, ${same})
     SELECT gen_random_uuid(), expires_at + random() * interval '1 hour', ${same}
     FROM (SELECT * FROM scan_login.tickets LIMIT 1) AS one, generate_series(1, $1)`,
    [count],
  );
  await client.query('VACUUM ANALYZE tickets');
  await client.end();
}

import path from 'node:path';
import { startProgram, startServer } from '../support/child.mjs';
import { makePeople } from '../support/people.mjs';
import { saveProfile } from '../support/profile.mjs';
import { say } from '../support/say.mjs';
import { recordLogin } from '../support/statements.mjs';

const RECORDER = path.join(import.meta.dirname, '../programs/record-queries.mjs');
/** Connections of one instance to the database, and of the bare pool beside it: the server's default. */
const POOL = 10;

/**
 * Whole logins in a second, beside the same statements over a bare pool.
 * @param {import('../support/databases.mjs').Run} run
 */
export async function logins({ belongings, databases, options }) {
  const { quick, repeat, profile } = options;
  const size = quick ? { people: 16, seconds: 3, warmUp: 2 } : { people: 32, seconds: 8, warmUp: 5 };
  const databaseUrl = await databases.make('logins');
  const environment = { DATABASE_URL: databaseUrl, DATABASE_POOL: String(POOL) };

  const one = await belongings.keep(startServer(environment));
  const statements = await statementsOfLogin(environment, databases.directory, one.url);
  say(
    `logins: a login is ${statements.flat().length} statements, ${statements.length} of them or of their groups apart`,
  );
  const people = await makePeople(one.url, size.people);
  const load = await belongings.keep(startProgram('load.mjs'));
  const logIn = (urls, seconds) => load.ask('logins', { urls, people, seconds });

  if (profile) {
    await logIn([one.url], size.warmUp);
    say('logins: profiling');
    await one.ask('startProfile');
    await logIn([one.url], size.seconds);
    return saveProfile(await one.ask('stopProfile'));
  }

  const two = [one, await belongings.keep(startServer(environment))];
  const stub = await belongings.keep(startProgram('bare-http.mjs', { listens: true }));
  const bare = [await startBare(), await startBare()];
  const cases = {
    one: { processes: [one], run: (seconds) => logIn([one.url], seconds) },
    barePg: { processes: bare.slice(0, 1), run: (seconds) => bareLogins(bare.slice(0, 1), seconds) },
    two: { processes: two, run: (seconds) => logIn(urlsOf(two), seconds) },
    barePgTwice: { processes: bare, run: (seconds) => bareLogins(bare, seconds) },
    stub: { processes: [stub], run: (seconds) => logIn([stub.url], seconds) },
  };

  async function startBare() {
    const child = await belongings.keep(startProgram('bare-pg.mjs'));
    await child.ask('open', { databaseUrl, size: POOL, statements });
    return child;
  }

  /** People of whom no server knows anything but what it needs for the statements. */
  const rows = await rowsOfPeople(one.url, size.people, load);
  async function bareLogins(processes, seconds) {
    const share = size.people / processes.length;
    const results = await Promise.all(
      processes.map((child, at) => child.ask('logins', { people: rows.slice(at * share, (at + 1) * share), seconds })),
    );
    rows.splice(0, rows.length, ...results.flatMap((result) => result.people));
    return {
      perSecond: sum(results.map((result) => result.perSecond)),
      p50: results[0].p50,
      p99: results[0].p99,
      count: sum(results.map((result) => result.count)),
    };
  }

  for (const [name, { run }] of Object.entries(cases)) {
    say(`logins: warming up ${name}`);
    await run(size.warmUp);
  }
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 1; round <= repeat; round += 1) {
    for (const [name, { processes, run }] of Object.entries(cases)) {
      await databases.settle();
      const before = await Promise.all(processes.map((child) => child.ask('cpu')));
      const result = await run(size.seconds);
      const after = await Promise.all(processes.map((child) => child.ask('cpu')));
      const cpuPerLogin = (sum(after) - sum(before)) / result.count;
      results[name].push({ ...result, cpuPerLogin });
      say(
        `logins: ${round}/${repeat} ${name.padEnd(11)} ${result.perSecond.toFixed(0).padStart(6)}/s, ` +
          `p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms, ${cpuPerLogin.toFixed(2)} ms of CPU each` +
          (result.cpu ? `, generator ${(result.cpu * 100).toFixed(0)}% of a core` : ''),
      );
    }
  }
  return { figures: figuresOf(results), details: { statements: statements.flat().map(({ text }) => text), results } };
}

function figuresOf(results) {
  const of = (name, field = 'perSecond') => results[name].map((result) => result[field]);
  const part = 'logins';
  return [
    {
      part,
      what: 'one instance',
      unit: '/s',
      ours: of('one'),
      reference: { name: 'bare pg, same statements', samples: of('barePg') },
      goal: { ratioLeast: 0.5 },
    },
    {
      part,
      what: 'two instances, the phone at the other',
      unit: '/s',
      ours: of('two'),
      reference: { name: 'bare pg, two processes', samples: of('barePgTwice') },
    },
    {
      part,
      what: 'processor time of the server for each',
      unit: 'ms',
      ours: of('one', 'cpuPerLogin'),
      reference: { name: 'bare pg, same statements', samples: of('barePg', 'cpuPerLogin') },
    },
    {
      part,
      what: 'generator against bare node:http (its own limit)',
      unit: '/s',
      ours: of('stub'),
    },
  ];
}

/** Recorded by a server of its own, so that the one that is measured has nothing extra in it. */
async function statementsOfLogin(environment, directory, measuredUrl) {
  const file = path.join(directory, 'statements.jsonl');
  const recording = { ...environment, RECORD_QUERIES_TO: file, REREAD_EVERY: '60' };
  const server = await startServer(recording, [RECORDER]);
  const [person] = await makePeople(measuredUrl, 1);
  const statements = await recordLogin(server.url, file, person);
  await server.stop();
  return statements;
}

/** What the statements need to know of people: each has logged in once, so that there is a session to replace. */
async function rowsOfPeople(url, count, load) {
  const people = await makePeople(url, count);
  const sessions = await load.ask('loginEach', { url, people });
  return people.map(({ phone, screen }, at) => ({
    accountId: phone.accountId,
    phoneSessionId: phone.sessionId,
    phoneDeviceId: phone.deviceId,
    screenDeviceId: screen.deviceId,
    earlierSessionId: sessions[at],
  }));
}

const urlsOf = (servers) => servers.map((server) => server.url);
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

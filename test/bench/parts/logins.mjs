import path from 'node:path';
import { startProgram, startServer } from '../support/child.mjs';
import { makePeople } from '../support/people.mjs';
import { saveProfile } from '../support/profile.mjs';
import { say } from '../support/say.mjs';
import { median } from '../support/statistics.mjs';
import { recordLogin, statementsPerLogin } from '../support/statements.mjs';

const RECORDER = path.join(import.meta.dirname, '../programs/record-queries.mjs');
/** Connections of one instance to the database, and of the bare pool beside it: the server's default. */
const POOL = 10;

/**
 * Whole logins per second, compared with the same statements over a bare pool.
 * @param {import('../support/databases.mjs').Run} run
 */
export async function logins({ belongings, databases, options }) {
  const { quick, repeat, profile } = options;
  const size = quick
    ? { people: 64, workers: 16, seconds: 3, turns: 1, warmUp: 2 }
    : { people: 256, workers: 32, seconds: 12, turns: 6, warmUp: 12 };
  const databaseUrl = await databases.make('logins');
  const environment = { DATABASE_URL: databaseUrl, DATABASE_POOL: String(POOL) };

  const one = await belongings.keep(startServer(environment));
  const load = await belongings.keep(startProgram('load.mjs'));
  say(`logins: ${size.people} people sign in on their phones`);
  const people = await makePeople(one.url, size.people);
  /** The last session of each person, so that each login has one to replace. */
  const sessionIds = await load.ask('loginEach', { url: one.url, people });

  function connectTo(servers) {
    return load.ask('connect', { urls: servers.map(({ url }) => url), people });
  }

  async function logIn(servers, seconds) {
    const urls = servers.map(({ url }) => url);
    const result = await load.ask('logins', { urls, people, workers: size.workers, seconds });
    Object.assign(sessionIds, result.sessionIds);
    return result;
  }

  if (profile) {
    await logIn([one], size.warmUp);
    say('logins: profiling');
    await one.ask('startProfile');
    await logIn([one], size.seconds);
    return saveProfile(await one.ask('stopProfile'));
  }

  const { statements, underLoad } = await recorded();
  const two = [one, await belongings.keep(startServer(environment))];
  const stub = await belongings.keep(startProgram('bare-http.mjs', { listens: true }));
  const bare = [await startBare(), await startBare()];
  const cases = {
    one: { processes: [one], connect: () => connectTo([one]), run: (seconds) => logIn([one], seconds) },
    barePg: { processes: bare.slice(0, 1), run: (seconds) => bareLogins(bare.slice(0, 1), seconds) },
    two: { processes: two, connect: () => connectTo(two), run: (seconds) => logIn(two, seconds) },
    barePgTwice: { processes: bare, run: (seconds) => bareLogins(bare, seconds) },
    stub: {
      processes: [stub],
      connect: () => connectTo([stub]),
      run: (seconds) => load.ask('logins', { urls: [stub.url], people, workers: size.workers, seconds }),
    },
  };

  /** Recorded on a separate server, so that the measured one does no extra work. */
  async function recorded() {
    const file = path.join(databases.directory, 'statements.jsonl');
    const recording = { ...environment, RECORD_QUERIES_TO: file, REREAD_EVERY: '60' };
    const server = await belongings.keep(startServer(recording, [RECORDER]));
    const list = await recordLogin(server.url, file, people[0]);
    const perLogin = await statementsPerLogin(file, async () => (await logIn([server], size.warmUp)).count);
    await server.stop();
    say(`logins: ${list.flat().length} statements for each, ${perLogin.toFixed(1)} on average while many log in`);
    return { statements: list, underLoad: perLogin };
  }

  async function startBare() {
    const child = await belongings.keep(startProgram('bare-pg.mjs'));
    await child.ask('open', { databaseUrl, size: POOL, statements });
    return child;
  }

  async function bareLogins(processes, seconds) {
    const workers = size.workers / processes.length;
    const share = people.length / processes.length;
    const results = await Promise.all(
      processes.map((child, at) => {
        const own = people.slice(at * share, (at + 1) * share);
        return child.ask('logins', { people: own, sessionIds, workers, seconds });
      }),
    );
    for (const result of results) Object.assign(sessionIds, result.sessionIds);
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
    /** @type {Record<string, any[]>} */
    const turns = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
    // short turns, alternating between the cases, so that other load on the machine affects all of them
    for (let turn = 1; turn <= size.turns; turn += 1) {
      for (const [name, { processes, connect, run }] of Object.entries(cases)) {
        await databases.settle();
        await connect?.();
        const before = await Promise.all(processes.map((child) => child.ask('cpu')));
        const { sessionIds: _, ...pace } = await run(size.seconds / size.turns);
        const after = await Promise.all(processes.map((child) => child.ask('cpu')));
        turns[name].push({ ...pace, cpuOfServer: sum(after) - sum(before) });
      }
    }
    for (const [name, list] of Object.entries(turns)) {
      const result = together(list);
      results[name].push(result);
      say(
        `logins: ${round}/${repeat} ${name.padEnd(11)} ${result.perSecond.toFixed(0).padStart(6)}/s, ` +
          `p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms, ${result.cpuPerLogin.toFixed(2)} ms of CPU each` +
          (result.cpu ? `, generator ${(result.cpu * 100).toFixed(0)}% of a core` : ''),
      );
    }
  }
  return {
    figures: figuresOf(results),
    details: { statements: statements.flat().map(({ text }) => text), underLoad, results },
  };
}

/** One repetition, from its turns. */
function together(turns) {
  const of = (field) => turns.map((turn) => turn[field]);
  const count = sum(of('count'));
  return {
    count,
    perSecond: count / sum(turns.map((turn) => turn.count / turn.perSecond)),
    p50: median(of('p50')),
    p99: median(of('p99')),
    cpuPerLogin: sum(of('cpuOfServer')) / count,
    cpu: median(of('cpu')),
  };
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

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

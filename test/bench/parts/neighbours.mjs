import { startProgram, startServer } from '../support/child.mjs';
import { makePeople } from '../support/people.mjs';
import { say } from '../support/say.mjs';
import { median, quantile } from '../support/statistics.mjs';

/** The default limits: an empty variable counts as unset. The trusted proxy states the client's address. */
const AS_DEFAULT = {
  TRUST_PROXY: 'loopback',
  ...Object.fromEntries(
    [
      'TICKETS_PER_MINUTE',
      'SCANS_PER_ACCOUNT',
      'POLLS_PER_TICKET',
      'POLLS_PER_MINUTE',
      'SCANS_PER_MINUTE',
      'SIGN_INS_PER_MINUTE',
      'ACCOUNTS_PER_MINUTE',
      'PICTURES_PER_MINUTE',
      'STREAMS_PER_MINUTE',
      'CALLS_PER_MINUTE',
      'CALLS_PER_ACCOUNT',
      'PAGES_PER_MINUTE',
      'METRICS_PER_MINUTE',
    ].map((name) => [name, '']),
  ),
};

/** Which limit each kind of call has: see programs/neighbour.mjs. */
const COSTS = {
  'qr.png of new tickets': 'picture',
  'qr.svg of new tickets': 'picture',
  'status calls': 'poll',
  'event streams': 'stream',
  'tickets opened': 'ticket',
  'bodies of 16 KiB': 'ticket',
  'accounts made': 'account',
  'sign-ins with proofs, refused': 'sign-in',
  scans: 'scan',
  'redeems refused, with proofs': 'decision',
  'lists of events': 'call',
  'lists of sessions': 'call',
  'made-up tokens': 'call',
  "proofs with another's token": 'call',
  'pages, the document, a script': 'page',
  'readings of the metrics': 'metrics',
};

/** Logins per second by others: few enough not to slow each other down. */
const LOGINS_PER_SECOND = 10;

/**
 * Response times for other people, with and without a client that uses all that its limits allow.
 * @param {import('../support/databases.mjs').Run} run
 */
export async function neighbours({ belongings, databases, options: { quick, repeat } }) {
  const { limitsOf } = await import('../../../dist/apps/server/src/limits/limits.js');
  const { readConfig } = await import('../../../dist/apps/server/src/config.js');
  const { network } = limitsOf(readConfig({}));
  const size = quick ? { seconds: 1, people: 40 } : { seconds: 3, people: 100 };

  const server = await belongings.keep(
    startServer({ DATABASE_URL: await databases.make('neighbours'), ...AS_DEFAULT }),
  );
  const load = await belongings.keep(startProgram('load.mjs'));
  const neighbour = await belongings.keep(startProgram('neighbour.mjs'));
  const { url } = server;
  say(`neighbours: ${size.people} people sign in on their phones`);
  let nth = 0;
  const people = await makePeople(url, size.people, () => ({ 'X-Forwarded-For': `203.0.113.${1 + (nth++ % 200)}` }));
  await neighbour.ask('signUp', { url, count: 20 });
  const logIn = (seconds) => load.ask('pacedLogins', { url, people, perSecond: LOGINS_PER_SECOND, seconds });
  let address = 0;

  async function alone() {
    const before = await server.ask('cpu');
    const took = await logIn(size.seconds);
    return { p95: quantile(took, 0.95), cpu: (await server.ask('cpu')) - before };
  }

  async function beside(kind) {
    const perSecond = network[COSTS[kind]] / 60;
    // a new address each time, with unused limits
    address += 1;
    await neighbour.ask('stockUp', { url, kind, count: Math.ceil(perSecond * size.seconds) });
    await neighbour.ask('begin', { url, kind, perSecond, address: `10.1.${address >> 8}.${address & 255}` });
    const result = await alone();
    return { ...result, ...(await neighbour.ask('end')) };
  }

  await logIn(quick ? 2 : 10);
  const results = {};
  for (const kind of Object.keys(COSTS)) {
    results[kind] = [];
    for (let round = 1; round <= repeat; round += 1) {
      await databases.settle();
      results[kind].push(together(await alone(), await beside(kind)));
    }
    const of = (field) => median(results[kind].map((result) => result[field]));
    say(
      `neighbours: ${kind.padEnd(30)} ${of('perSecond').toFixed(1).padStart(6)}/s, ` +
        `${of('cpuEach').toFixed(2)} ms of CPU each, p95 of others ${of('alone').toFixed(2)} → ${of('beside').toFixed(2)} ms`,
    );
  }
  return { figures: figuresOf(results), details: { results } };
}

/** One repetition. */
function together(without, { p95, cpu, perSecond, statuses }) {
  const answered = Object.values(statuses).reduce((sum, each) => sum + each, 0);
  return { alone: without.p95, beside: p95, cpuEach: (cpu - without.cpu) / answered, perSecond, statuses };
}

function figuresOf(results) {
  return Object.entries(results).map(([kind, list]) => {
    const of = (field) => list.map((result) => result[field]);
    return {
      part: 'neighbours',
      what: `p95 of others, beside ${median(of('perSecond')).toFixed(0)}/s ${kind}`,
      unit: 'ms',
      ours: of('beside'),
      reference: { name: 'without it', samples: of('alone') },
      goal: { ratioMost: 1.5 },
    };
  });
}

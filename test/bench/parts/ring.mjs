import { startProgram, startServer } from '../support/child.mjs';
import { makePeople } from '../support/people.mjs';
import { say } from '../support/say.mjs';
import { quantile } from '../support/statistics.mjs';
import { HOLDING, hold, openTickets, release } from '../support/waiters.mjs';
import { startRedis } from '../support/redis.mjs';

/**
 * Time from the phone's confirm to the screen's response, while other screens wait.
 * @param {import('../support/databases.mjs').Run} run
 */
export async function ring({ belongings, databases, options: { quick, repeat } }) {
  const { held, count } = quick ? { held: 500, count: 60 } : { held: 5000, count: 500 };
  const environment = { DATABASE_URL: await databases.make('ring'), ...HOLDING };
  const load = await belongings.keep(startProgram('load.mjs'));
  const start = (more = {}) => belongings.keep(startServer({ ...environment, ...more }));
  const stub = await belongings.keep(startProgram('bare-http.mjs', { listens: true }));
  const one = await start();
  const cases = { one: [one], stub: [stub], postgres: [one, await start()] };
  const redis = await startRedis(belongings);
  if (redis) cases.redis = [await start({ REDIS_URL: redis.url }), await start({ REDIS_URL: redis.url })];
  else say('ring: no redis-server 7 or newer was found, so nothing is measured over Redis');

  const people = await makePeople(one.url, 10);
  say(`ring: opening ${held} tickets`);
  const tickets = await openTickets(load, one, held);
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (const servers of Object.values(cases)) await rings(servers, count);
  for (let round = 1; round <= repeat; round += 1) {
    for (const [name, servers] of Object.entries(cases)) {
      await hold(load, servers[0], tickets);
      const took = await rings(servers, count);
      await release(load, servers[0]);
      const result = { p50: quantile(took, 0.5), p99: quantile(took, 0.99), most: Math.max(...took) };
      results[name].push(result);
      say(
        `ring: ${round}/${repeat} ${name.padEnd(8)} p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms`,
      );
    }
  }

  /** The screen talks to the first server, and the phone to the last. */
  function rings(servers, times) {
    return load.ask('rings', { urls: servers.map(({ url }) => url), people, count: times });
  }
  return { figures: figuresOf(results, held), details: { held, count, results } };
}

function figuresOf(results, held) {
  const of = (name, field) => results[name].map((result) => result[field]);
  const titles = { one: 'one instance', postgres: 'two over PostgreSQL', redis: 'two over Redis' };
  const goals = { one: { most: 10 }, postgres: { most: 50 }, redis: { most: 50 } };
  return Object.entries(titles)
    .filter(([name]) => results[name])
    .flatMap(([name, title]) =>
      ['p50', 'p99'].map((field) => ({
        part: 'ring',
        what: `confirm to answer, ${title}, ${held} held, ${field}`,
        unit: 'ms',
        ours: of(name, field),
        reference: { name: 'bare node:http, ring in memory', samples: of('stub', field) },
        goal: field === 'p99' ? goals[name] : undefined,
      })),
    );
}

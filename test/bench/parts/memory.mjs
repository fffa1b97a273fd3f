import { startProgram, startServer } from '../support/child.mjs';
import { say } from '../support/say.mjs';
import { HOLDING, hold, openTickets, release } from '../support/waiters.mjs';

/**
 * Memory for one more held poll, compared with the same poll on a smaller stack.
 * @param {import('../support/databases.mjs').Run} run
 */
export async function memory({ belongings, databases, options: { quick, repeat } }) {
  const count = quick ? 1500 : 15_000;
  const warmUp = count / 10;
  const databaseUrl = await databases.make('memory');
  const environment = { DATABASE_URL: databaseUrl, ...HOLDING };
  const load = await belongings.keep(startProgram('load.mjs'));

  say(`memory: opening ${count} tickets`);
  const opener = await startServer(environment);
  const tickets = await openTickets(load, opener, count);
  await opener.stop();

  const cases = {
    ours: () => startServer(environment),
    http: () => startProgram('bare-http.mjs', { listens: true }),
    fastify: () => startProgram('bare-fastify.mjs', { listens: true }),
  };
  const results = { ours: [], http: [], fastify: [] };
  for (let round = 1; round <= repeat; round += 1) {
    for (const [name, start] of Object.entries(cases)) {
      // each in a fresh process, so that an earlier load does not count
      const server = await belongings.keep(start());
      await hold(load, server, tickets.slice(0, warmUp));
      await release(load, server);
      const before = await server.ask('memory');
      await hold(load, server, tickets);
      const during = await server.ask('memory');
      await release(load, server);
      await server.stop();
      const each = (field) => (during[field] - before[field]) / count / 1024;
      results[name].push({ rss: each('rss'), heap: each('heap'), all: during.rss / 2 ** 20 });
      say(
        `memory: ${round}/${repeat} ${name.padEnd(7)} ${each('rss').toFixed(1)} KiB each, ${each('heap').toFixed(1)} of it heap`,
      );
    }
  }
  return { figures: figuresOf(results, count), details: { held: count, results } };
}

function figuresOf(results, count) {
  const of = (name, field) => results[name].map((result) => result[field]);
  const figure = (field, what, reference, name, goal) => ({
    part: 'memory',
    what: `each of ${count} held polls, ${what}`,
    unit: 'KiB',
    ours: of('ours', field),
    reference: { name, samples: of(reference, field) },
    goal,
  });
  return [
    figure('rss', 'resident', 'http', 'bare node:http', { ratioMost: 1.5 }),
    figure('rss', 'resident', 'fastify', 'bare Fastify'),
    figure('heap', 'heap', 'http', 'bare node:http'),
    figure('heap', 'heap', 'fastify', 'bare Fastify'),
    {
      part: 'memory',
      what: `the whole process with ${count} held`,
      unit: 'MiB',
      ours: of('ours', 'all'),
      reference: { name: 'bare node:http', samples: of('http', 'all') },
    },
  ];
}

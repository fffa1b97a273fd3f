import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { startPeer, startProgram, startServer } from '../support/child.mjs';
import { makePeople } from '../support/people.mjs';
import { say } from '../support/say.mjs';
import { median } from '../support/statistics.mjs';

const HERE = path.join(import.meta.dirname, '..');
const POOL = '10';

/**
 * The same job by other servers, with OAuth's device flow.
 * @param {import('../support/databases.mjs').Run} run
 */
export async function peers({ belongings, databases, options: { quick, repeat } }) {
  installPeers();
  const size = quick ? { people: 10, seconds: 2 } : { people: 32, seconds: 8 };
  const databaseOf = async (name) => ({ DATABASE_URL: await databases.make(name), DATABASE_POOL: POOL });
  const servers = {
    'scan-login': await belongings.keep(startServer(await databaseOf('ours'))),
    'oidc-provider': await belongings.keep(startPeer('serve-oidc-provider.mjs', {})),
    'better-auth': await belongings.keep(startPeer('serve-better-auth.mjs', await databaseOf('better_auth'))),
  };
  const load = await belongings.keep(startProgram('load-peers.mjs'));
  const people = await makePeople(servers['scan-login'].url, size.people);
  for (const [name, { url }] of Object.entries(servers)) {
    say(`peers: ${name}: ${size.people} people sign in on their phones`);
    await load.ask('open', { name, url, people });
    await load.ask('asFastAsPossible', { name, seconds: size.seconds });
  }

  const results = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  for (let round = 1; round <= repeat; round += 1) {
    for (const name of Object.keys(servers)) {
      await databases.settle();
      const { took, calls } = await load.ask('inPersonsTime', { name });
      const { perSecond } = await load.ask('asFastAsPossible', { name, seconds: size.seconds });
      const result = { approvalToTokens: median(took), calls, perSecond };
      results[name].push(result);
      say(
        `peers: ${round}/${repeat} ${name.padEnd(13)} ${result.approvalToTokens.toFixed(0).padStart(5)} ms from approval to tokens, ` +
          `${calls.toFixed(1)} calls, ${perSecond.toFixed(0)}/s`,
      );
    }
  }
  return { figures: figuresOf(results), details: { versions: versions(), results } };
}

function figuresOf(results) {
  const [ours, ...others] = Object.keys(results);
  const of = (name, field) => results[name].map((result) => result[field]);
  const stores = { 'oidc-provider': 'in memory', 'better-auth': 'PostgreSQL' };
  const figures = {
    approvalToTokens: ['approval to tokens', 'ms'],
    calls: ['calls for a login', ''],
    perSecond: ['logins', '/s'],
  };
  return Object.entries(figures).flatMap(([field, [what, unit]]) =>
    others.map((name) => ({
      part: 'peers',
      what,
      unit,
      ours: of(ours, field),
      reference: { name: `${name} ${versions()[name]}, ${stores[name]}`, samples: of(name, field) },
    })),
  );
}

/** They are not part of the project, and are installed when first needed. */
function installPeers() {
  if (fs.existsSync(path.join(HERE, 'node_modules/.package-lock.json'))) return;
  say('peers: installing oidc-provider and better-auth into test/bench');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts'], {
    cwd: HERE,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci in test/bench failed');
}

function versions() {
  const { packages } = JSON.parse(fs.readFileSync(path.join(HERE, 'package-lock.json'), 'utf8'));
  const of = (name) => packages[`node_modules/${name}`].version;
  return { 'oidc-provider': of('oidc-provider'), 'better-auth': of('better-auth') };
}

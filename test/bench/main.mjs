// The measurements: see docs/benchmarks.md.
import { growth } from './parts/growth.mjs';
import { logins } from './parts/logins.mjs';
import { memory } from './parts/memory.mjs';
import { neighbours } from './parts/neighbours.mjs';
import { peers } from './parts/peers.mjs';
import { ring } from './parts/ring.mjs';
import { Belongings } from './support/belongings.mjs';
import { startDatabases } from './support/databases.mjs';
import { judged } from './support/figures.mjs';
import { PARTS, readOptions, USAGE } from './support/options.mjs';
import { fileFor, keepPart, tableIn, writePage } from './support/report.mjs';
import { say } from './support/say.mjs';
import { stopOnSignal } from './support/stopping.mjs';

const ALL = { memory, ring, logins, growth, neighbours, peers };

let belongings = new Belongings();
const isStopping = stopOnSignal(() => belongings.end());

/**
 * Measures one part, with a PostgreSQL of its own.
 * @param {string} name
 * @param {import('./support/options.mjs').Options} options
 */
async function measure(name, options) {
  belongings = new Belongings();
  try {
    return await ALL[name]({ belongings, databases: await startDatabases(belongings), options });
  } finally {
    await belongings.end();
  }
}

/** Reports a failure of one part, so that the others go on. @returns whether it has figures */
async function tryPart(name, options, file) {
  try {
    const { figures, details } = await measure(name, options);
    await keepPart(file, name, { repeat: options.repeat, figures: figures.map((figure) => judged(figure)), details });
    return true;
  } catch (error) {
    if (isStopping()) return false;
    process.exitCode = 1;
    say(`! ${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
    return false;
  }
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (options.profile) {
    const { tables, profile } = await measure('logins', options);
    process.stdout.write(`\n${tables.join('\n\n')}\n\n`);
    say(`The profile is in ${profile}: open it in the developer tools of a Chromium, or in an editor.`);
    return;
  }
  const file = fileFor(options.quick);
  const done = [];
  for (const name of options.only) {
    if (!isStopping() && (await tryPart(name, options, file))) done.push(name);
  }
  if (isStopping() || done.length === 0) return;
  process.stdout.write(`\n${await tableIn(file, done)}\n\n`);
  say(`All figures, with every repetition, are in ${file}.`);
  if (options.write) await writePage(file, PARTS);
}

await main().catch((error) => {
  if (isStopping()) return;
  process.exitCode = 1;
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
});

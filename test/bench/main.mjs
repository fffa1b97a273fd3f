// The measurements: see docs/benchmarks.md.
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Belongings } from './support/belongings.mjs';
import { startDatabases } from './support/databases.mjs';
import { judged, tableOf } from './support/figures.mjs';
import { readOptions, USAGE } from './support/options.mjs';
import { say } from './support/say.mjs';
import { growth } from './parts/growth.mjs';
import { logins } from './parts/logins.mjs';
import { memory } from './parts/memory.mjs';
import { peers } from './parts/peers.mjs';
import { ring } from './parts/ring.mjs';

const RESULTS = path.join(import.meta.dirname, 'results/latest.json');
const ALL = { memory, ring, logins, growth, peers };

/** @param {import('./support/options.mjs').Options} options */
async function measure(options) {
  const figures = [];
  const details = {};
  for (const name of options.profile ? ['logins'] : options.only) {
    const belongings = new Belongings();
    ending = () => belongings.end();
    try {
      const databases = await startDatabases(belongings);
      const result = await ALL[name]({ belongings, databases, options });
      if (result.profile) return result;
      figures.push(...result.figures.map(judged));
      details[name] = result.details;
    } finally {
      await belongings.end();
    }
  }
  return {
    at: new Date().toISOString(),
    machine: machine(),
    quick: options.quick,
    repeat: options.repeat,
    figures,
    details,
  };
}

function machine() {
  const [{ model }] = os.cpus();
  const installed = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  return {
    processor: model,
    cores: os.availableParallelism(),
    memory: installed,
    system: `${os.type()} ${os.release()}`,
    node: process.version,
  };
}

/** Ends what is running now, in order. */
let ending = async () => {};

function endOnSignal() {
  let isEnding = false;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (isEnding) process.exit(1);
      isEnding = true;
      say('\nstopping');
      void ending().then(() => process.exit(130));
    });
  }
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return process.stdout.write(USAGE);
  endOnSignal();
  const result = await measure(options);
  if (result.profile) {
    process.stdout.write(`\n${result.tables.join('\n\n')}\n\n`);
    return say(`The profile is in ${result.profile}: open it in the developer tools of a Chromium, or in an editor.`);
  }
  await fs.mkdir(path.dirname(RESULTS), { recursive: true });
  await fs.writeFile(RESULTS, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`\n${tableOf(result.figures)}\n\n`);
  say(`All figures, with every repetition, are in ${RESULTS}.`);
}

await main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
});

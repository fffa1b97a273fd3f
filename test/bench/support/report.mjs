import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { tableOf } from './figures.mjs';

const RESULTS = path.resolve(import.meta.dirname, '../results');
const PAGE = path.resolve(import.meta.dirname, '../../../docs/benchmarks.md');
const PLACE = /(<!-- figures: begin -->\n).*(\n<!-- figures: end -->)/s;

/**
 * @typedef {object} Part one part's figures, from one run
 * @property {string} at when it was measured
 * @property {Machine} machine
 * @property {number} repeat
 * @property {ReturnType<typeof import('./figures.mjs').judged>[]} figures
 * @property {unknown} details
 */

/** @typedef {ReturnType<typeof describeMachine>} Machine */

/** The results of quick runs are kept apart, since they are no measurements. */
export function fileFor(quick) {
  return path.join(RESULTS, quick ? 'quick.json' : 'latest.json');
}

/**
 * Keeps the figures of a part in the file, beside those that other parts have there.
 * @param {string} file
 * @param {string} name
 * @param {Omit<Part, 'at' | 'machine'>} part
 */
export async function keepPart(file, name, part) {
  const parts = await readParts(file);
  parts[name] = { at: new Date().toISOString(), machine: describeMachine(), ...part };
  await fs.mkdir(RESULTS, { recursive: true });
  await fs.writeFile(file, `${JSON.stringify({ parts }, undefined, 2)}\n`);
}

/**
 * @param {string} file
 * @param {string[]} names of parts, in the order in which they are shown
 */
export async function tableIn(file, names) {
  const parts = await readParts(file);
  return tableOf(names.flatMap((name) => parts[name]?.figures ?? []));
}

/** Inserts the figures of these parts into the page about measurements. */
export async function writePage(file, names) {
  const parts = await readParts(file);
  const there = names.map((name) => parts[name]).filter((part) => part !== undefined);
  const said = new Set(
    there.map(({ at, machine, repeat }) => `${sentence(machine)}, ${at.slice(0, 10)}: medians of ${repeat}.`),
  );
  const text = `\n${[...said].join('\n')}\n\n${await tableIn(file, names)}\n`;
  const page = await fs.readFile(PAGE, 'utf8');
  if (!PLACE.test(page)) throw new Error(`${PAGE} has no place for the figures`);
  await fs.writeFile(
    PAGE,
    page.replace(PLACE, (_, begin, end) => begin + text + end),
  );
}

/** @returns {Promise<Record<string, Part>>} */
async function readParts(file) {
  try {
    return JSON.parse(await fs.readFile(file, 'utf8')).parts;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return {};
    throw error;
  }
}

function describeMachine() {
  return {
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.type()} ${os.release().replace(/-.*/, '')}`,
    node: process.version,
  };
}

function sentence({ processor, cores, memory, system, node }) {
  return `${processor}, ${cores} cores, ${memory}, ${system}, Node ${node}`;
}

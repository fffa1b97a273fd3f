import { parseArgs } from 'node:util';

export const PARTS = ['memory', 'ring', 'logins', 'growth', 'neighbours', 'peers'];

export const USAGE = `npm run bench [-- options]

  --only a,b      only these parts, of: ${PARTS.join(', ')}
  --quick         small numbers, to see that it works; the figures mean little
  --repeat n      repetitions of each figure (5; quick 3)
  --profile       where a server's time goes during logins: a .cpuprofile, and a table of the functions that take most
  --write         put the figures of all parts measured so far into docs/benchmarks.md; not those of quick runs
  --help
`;

/**
 * @typedef {object} Options
 * @property {string[]} only
 * @property {boolean} quick
 * @property {number} repeat
 * @property {boolean} profile
 * @property {boolean} write
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      repeat: { type: 'string' },
      profile: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const only = values.only?.split(',').map((part) => part.trim()) ?? PARTS;
  const unknown = only.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) throw new Error(`There is no part "${unknown.join(', ')}".\n\n${USAGE}`);
  const repeat = Number(values.repeat ?? (values.quick ? 3 : 5));
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error(`--repeat takes a whole number.\n\n${USAGE}`);
  if (values.quick && values.write) throw new Error(`What a quick run finds is not written down.\n\n${USAGE}`);
  return { ...values, only, repeat };
}

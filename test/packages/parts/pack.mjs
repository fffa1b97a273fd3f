import fs from 'node:fs/promises';
import path from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ROOT } from '../support/environment.mjs';
import { run } from '../support/processes.mjs';

const ATTW = path.join(import.meta.dirname, '../node_modules/@arethetypeswrong/cli/dist/index.js');

/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} tarball
 * @property {boolean} isLibrary whether there is something to import
 * @property {string[]} files in the tarball
 */

/**
 * `npm pack` for each workspace that is not private: the very files that are published, and checked, and installed.
 * @param {string} folder @returns {Promise<Package[]>}
 */
export async function pack(folder) {
  await fs.mkdir(folder, { recursive: true });
  const { workspaces } = await manifestOf(ROOT);
  const manifests = await Promise.all(workspaces.map((workspace) => manifestOf(path.join(ROOT, workspace))));
  const named = workspaces
    .filter((_, index) => !manifests[index].private)
    .flatMap((workspace) => ['--workspace', workspace]);
  const output = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...named], {
    cwd: ROOT,
  });
  return Object.values(JSON.parse(output)).map(({ name, filename, files }) => {
    const { exports = {} } = manifests.find((manifest) => manifest.name === name);
    return {
      name,
      tarball: path.join(folder, filename),
      files: files.map((file) => file.path),
      isLibrary: Object.keys(exports).some((key) => !key.endsWith('.json')),
    };
  });
}

async function manifestOf(folder) {
  return JSON.parse(await fs.readFile(path.join(folder, 'package.json'), 'utf8'));
}

/** @param {Package} ours @throws where its page in a registry, or its terms, would be missing, or a build has left something */
export function checkFiles({ files }) {
  for (const name of ['README.md', 'LICENSE']) if (!files.includes(name)) throw new Error(`${name} is missing`);
  const leftOver = files.filter((name) => /\.tsbuildinfo$|\.spec\.|(^|\/)(test|node_modules)\//.test(name));
  if (leftOver.length > 0) throw new Error(`these do not belong in there: ${leftOver.join(', ')}`);
}

/** @param {Package} ours @throws where publint has anything to say */
export async function lint({ tarball }) {
  const buffer = await fs.readFile(tarball);
  const { messages, pkg } = await publint({
    pack: { tarball: buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) },
    strict: true,
  });
  if (messages.length > 0) throw new Error(messages.map((message) => formatMessage(message, pkg)).join('\n'));
}

/** @param {Package} ours @throws where "Are the types wrong?" says yes to an importer that is an ES module */
export async function checkTypes({ tarball }) {
  const options = ['--profile', 'esm-only', '--no-definitely-typed', '--no-emoji', '--no-color'];
  await run(process.execPath, [ATTW, tarball, ...options], { cwd: ROOT });
}

/** @param {Package[]} packages @param {string} folder with the .npmrc of the registry */
export async function publish(packages, folder) {
  for (const { tarball } of packages) await run('npm', ['publish', tarball, '--loglevel=error'], { cwd: folder });
}

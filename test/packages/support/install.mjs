import fs from 'node:fs/promises';
import path from 'node:path';
import { run } from './processes.mjs';

/**
 * `npm install` in a fresh folder. What is ours must have come from the registry on loopback.
 * @param {string} folder @param {string[]} names of packages; none: those of the folder's package.json
 */
export async function install(folder, names = []) {
  await run('npm', ['install', '--no-progress', '--loglevel=error', ...names], { cwd: folder });
  const lock = JSON.parse(await fs.readFile(path.join(folder, 'package-lock.json'), 'utf8'));
  const registry = /^registry=(.*)$/m.exec(await fs.readFile(path.join(folder, '.npmrc'), 'utf8'))?.[1];
  for (const [where, { resolved = '', link }] of Object.entries(lock.packages)) {
    if (!/^node_modules\/(@scan-login\/|scan-login$)/.test(where)) continue;
    if (link || !resolved.startsWith(registry)) throw new Error(`${where} came from ${resolved || 'a link'}`);
  }
}

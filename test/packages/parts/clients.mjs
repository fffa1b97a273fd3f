import { readdirSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { install } from '../support/install.mjs';
import { run } from '../support/processes.mjs';

const PROGRAMS = path.join(import.meta.dirname, '../programs');
const BUN = path.join(import.meta.dirname, '../node_modules/@oven');

/** What runs a program that uses the client: a runtime's name, and where it is. */
export const RUNTIMES = { Node: process.execPath, Bun: path.join(BUN, readdirSync(BUN)[0], 'bin/bun') };

/**
 * A project of plain Node whose only dependency is the client.
 * @param {import('../support/folders.mjs').Folders} folders @returns {Promise<string>} its folder
 */
export async function nodeProject(folders) {
  const names = ['login.mjs', 'phone.mjs'];
  const texts = await Promise.all(names.map((name) => fs.readFile(path.join(PROGRAMS, name), 'utf8')));
  const folder = await folders.fresh('node-client', {
    'package.json': JSON.stringify({ private: true, type: 'module' }),
    ...Object.fromEntries(names.map((name, index) => [name, texts[index]])),
  });
  await install(folder, ['@scan-login/client']);
  return folder;
}

/** @typedef {{ url: string, username: string, password: string }} Server */

/** @param {string} runtime @param {string} folder @param {Server} server */
export async function logsIn(runtime, folder, { url, username, password }) {
  const output = await run(runtime, ['login.mjs', url, username, password], { cwd: folder });
  const expected = /^waiting\n(scanned\n)?(confirmed\n)?signed-in\nSigned in: .+\n$/;
  if (!expected.test(output)) throw new Error(`it went another way:\n\n${output}`);
}

/** @param {string} folder @param {Server} server @param {string} link @returns {Promise<string>} the screen's name */
export async function confirmByPhone(folder, { url, username, password }, link) {
  return (await run(process.execPath, ['phone.mjs', url, username, password, link], { cwd: folder })).trim();
}

// `npm run proof`: packs what is published, publishes it to a registry on loopback, installs it from there into empty folders
// in which nothing of the repository is in reach, and signs in with it. Needs a build.
import path from 'node:path';
import { confirmByPhone, logsIn, nodeProject, RUNTIMES } from './parts/clients.mjs';
import { checkFiles, checkTypes, lint, pack, publish } from './parts/pack.mjs';
import { buildPage, examplePages, launchBrowser, pageLogsIn, servePage } from './parts/pages.mjs';
import { help, servesPages, startServer, stopsCleanly } from './parts/server.mjs';
import { shopProject, shopTests } from './parts/shop.mjs';
import { Folders } from './support/folders.mjs';
import { freePort } from './support/free-port.mjs';
import { stopAll } from './support/processes.mjs';
import { startRegistry } from './support/registry.mjs';
import { counts, step } from './support/steps.mjs';

/** What is to be undone, last things first. @type {(() => Promise<unknown>)[]} */
const cleanups = [];

async function prove() {
  const folders = await Folders.make();
  cleanups.push(() => folders.remove());
  const packages = await step('every package can be packed', () => pack(path.join(folders.root, 'tarballs')));
  for (const each of packages) {
    await step(`${each.name}: has a README, a licence, and nothing of a build's own`, async () => checkFiles(each));
    await step(`${each.name}: publint has nothing to say`, () => lint(each));
    if (each.isLibrary) await step(`${each.name}: the types are right`, () => checkTypes(each));
  }

  const names = packages.map(({ name }) => name);
  const registry = await startRegistry(path.join(folders.root, 'registry'), names);
  cleanups.push(() => registry.stop());
  folders.npmrc = `${registry.npmrc}cache=${await folders.npmCache()}\n`;
  const empty = await folders.fresh('empty', { 'package.json': '{ "private": true }' });
  await step('every package is published to a registry on loopback', () => publish(packages, empty));

  // two at a time, for as many cores
  const results = await Promise.allSettled([proveServer(folders, empty), proveShop(folders)]);
  const failures = results.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}

/** @param {Folders} folders @param {string} empty */
async function proveServer(folders, empty) {
  await step('npx scan-login --help says how to use it', () => help(empty));
  const pages = await Promise.all(examplePages().map(async (name) => ({ name, port: await freePort() })));
  const origins = pages.map(({ port }) => `http://127.0.0.1:${port}`);
  const port = await freePort();
  const server = await step('npx scan-login runs a server', () => startServer(empty, { port, origins }));
  await step('the server has its pages and its documentation', () => servesPages(server.url));

  const node = await step('a project of plain Node installs the client', () => nodeProject(folders));
  for (const [name, runtime] of Object.entries(RUNTIMES)) {
    await step(`a program signs in, run by ${name}`, () => logsIn(runtime, node, server));
  }

  const browser = await launchBrowser();
  cleanups.push(() => browser.close());
  for (const page of pages) {
    const folder = await step(`the ${page.name} page is installed and built`, () =>
      buildPage(folders, page.name, server.url),
    );
    const preview = await servePage(folder, page.port);
    const confirm = (link) => confirmByPhone(node, server, link);
    const url = `http://127.0.0.1:${page.port}/`;
    await step(`the ${page.name} page signs in, in Chromium`, () => pageLogsIn(browser, url, confirm));
    await preview.stop();
  }
  await step('the server stops at Ctrl-C', () => stopsCleanly(server));
}

/** @param {Folders} folders */
async function proveShop(folders) {
  const shop = await step('example-shop is installed', () => shopProject(folders));
  await step('example-shop signs its own accounts in, on Express and on Fastify', () => shopTests(shop));
}

/** @type {Promise<void> | undefined} */
let cleaned;

function cleanUp() {
  cleaned ??= (async () => {
    await stopAll();
    for (const undo of cleanups.toReversed()) await undo();
  })();
  return cleaned;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(1)));
}

const began = performance.now();
try {
  await prove();
} catch (error) {
  process.exitCode = 1;
  console.error(`\n${error instanceof Error ? error.message : String(error)}\n`);
} finally {
  await cleanUp();
}
const { passed, failed } = counts();
console.log(`The packages, from outside: ${Math.round((performance.now() - began) / 1000)} s`);
console.log(`${passed} passed, ${failed} failed`);

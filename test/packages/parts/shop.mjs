import { install } from '../support/install.mjs';
import { run } from '../support/processes.mjs';

/**
 * Somebody else's Nest application, whose own tests are logins.
 * @param {import('../support/folders.mjs').Folders} folders @returns {Promise<string>} its folder
 */
export async function shopProject(folders) {
  const folder = await folders.copyOf('example-shop', 'apps/example-shop');
  await install(folder);
  return folder;
}

/** @param {string} folder */
export async function shopTests(folder) {
  await run('npm', ['test'], { cwd: folder });
}

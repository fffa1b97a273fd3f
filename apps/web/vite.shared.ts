import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { defaultClientConditions, type LibraryOptions, type Plugin, type UserConfig } from 'vite';

/**
 * Listed one by one because of `light-dark()`, which would otherwise be rewritten in a way that breaks in shadow trees.
 */
export const BROWSERS = {
  target: 'es2022',
  cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
};

/** The client is bundled from its sources. */
export const FROM_SOURCE = { conditions: ['source', ...defaultClientConditions] };

const TEXT = /\.(js|css|svg)$/;

/** One file with a stable name, beside those of the pages, whose build runs first and empties the folder. */
export function oneFile(name: string, lib: LibraryOptions, plugins: Plugin[] = []): UserConfig {
  return {
    root: import.meta.dirname,
    publicDir: false,
    resolve: FROM_SOURCE,
    build: {
      ...BROWSERS,
      outDir: path.join(import.meta.dirname, '../../dist/web/assets'),
      emptyOutDir: false,
      lib: { ...lib, fileName: () => name },
    },
    plugins: [...plugins, compressed()],
  };
}

/** Writes a .gz and a .br for every text file, so that the server need not compress them at run time. */
export function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir }, bundle) {
      const names = Object.keys(bundle).filter((name) => TEXT.test(name));
      await Promise.all(names.map((name) => compress(path.join(dir!, name))));
    },
  };
}

async function compress(file: string): Promise<void> {
  const content = await fs.readFile(file);
  await fs.writeFile(`${file}.gz`, await promisify(zlib.gzip)(content, { level: 9 }));
  await fs.writeFile(`${file}.br`, await promisify(zlib.brotliCompress)(content));
}

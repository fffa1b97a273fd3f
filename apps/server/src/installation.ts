import fs from 'node:fs';
import path from 'node:path';
import envPaths from 'env-paths';

/** True when installed by npm, false in a clone of the repository. */
const isInstalled = import.meta.dirname.split(path.sep).includes('node_modules');

/**
 * A clone keeps its data beside its code. An installed package keeps it in one place per user, in any working
 * directory.
 */
export const DEFAULT_DATA_DIR = isInstalled ? envPaths('scan-login', { suffix: '' }).data : '.data';

/** Whether `npm run screen` and `npm run phone` are available. */
export const hasPrograms = !isInstalled;

/** What the user types to start the server. */
export const START = isInstalled ? 'npx scan-login' : 'npm start';

/** The folder of the built pages, whether this file is in the package, in a clone's build or in its sources. */
export const WEB_ROOT = path.join(buildFolder(), 'web');

/** @returns the version of the package, such as 1.2.3 */
export function ownVersion(): string {
  const candidates = ['..', '../..', '../../../../apps/server'].map((way) => path.join(import.meta.dirname, way));
  const manifest = candidates.map((folder) => path.join(folder, 'package.json')).find((file) => fs.existsSync(file))!;
  return (JSON.parse(fs.readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** This file is in `dist/src` of the package, in `dist/apps/server/src` of a clone, or in `apps/server/src`. */
function buildFolder(): string {
  const places = ['..', '../../..'].map((way) => path.join(import.meta.dirname, way));
  return places.find((place) => path.basename(place) === 'dist') ?? path.join(import.meta.dirname, '../../../dist');
}

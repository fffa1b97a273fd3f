// Puts together what the package scan-login has: the built server, its pages and openapi.json. `npm run build` ends with it.
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const built = path.join(root, 'dist');
const dist = path.join(import.meta.dirname, 'dist');

fs.rmSync(dist, { recursive: true, force: true });
// the sources that a map leads to are not in the package
const filter = (file) => !file.endsWith('.map');
fs.cpSync(path.join(built, 'apps/server'), dist, { recursive: true, filter });
fs.cpSync(path.join(built, 'web'), path.join(dist, 'web'), { recursive: true });
fs.copyFileSync(path.join(root, 'openapi.json'), path.join(dist, 'openapi.json'));
fs.chmodSync(path.join(dist, 'src/main.js'), 0o755);

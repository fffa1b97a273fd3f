// Assembles the package scan-login: the built server, its pages and openapi.json. The last step of `npm run build`.
import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');
const built = path.join(root, 'dist');
const dist = path.join(import.meta.dirname, 'dist');

fs.rmSync(dist, { recursive: true, force: true });
// source maps point to sources that the package does not contain
const filter = (file) => !file.endsWith('.map');
fs.cpSync(path.join(built, 'apps/server'), dist, { recursive: true, filter });
fs.cpSync(path.join(built, 'web'), path.join(dist, 'web'), { recursive: true });
fs.copyFileSync(path.join(root, 'openapi.json'), path.join(dist, 'openapi.json'));

// Checks the size of what people download, gzipped. Run after `npm run build:web`.
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const KB = 1000;
const root = path.join(import.meta.dirname, '../../dist/web');

/** The size of all files that a browser loads with one document: its scripts, their imports, and its styles. */
function weightOfPage(page) {
  const html = fs.readFileSync(path.join(root, page), 'utf8');
  const found = new Set();
  const queue = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, file]) => file);
  for (const file of queue) {
    if (found.has(file)) continue;
    found.add(file);
    if (!file.endsWith('.js')) continue;
    const script = fs.readFileSync(path.join(root, file), 'utf8');
    for (const [, name] of script.matchAll(/(?:from|import)\s*\(?["'`]\.\/([^"'`]+\.js)["'`]/g))
      queue.push(`assets/${name}`);
  }
  return [...found].reduce((sum, file) => sum + weightOf(file), 0);
}

function weightOf(file) {
  return gzipSync(fs.readFileSync(path.join(root, file)), { level: 9 }).length;
}

const limits = [
  ['<qr-login>', weightOf('assets/qr-login.js'), 12 * KB],
  ['page /, with what it loads ahead', weightOfPage('screen.html'), 40 * KB],
  ['page /phone and /l/…, with the decoder', weightOfPage('phone.html'), 60 * KB],
];

for (const [what, weight, limit] of limits) {
  const verdict = weight <= limit ? 'ok' : 'TOO HEAVY';
  console.log(`${verdict.padEnd(9)} ${what}: ${(weight / KB).toFixed(2)} kB gzipped, of ${limit / KB} kB`);
  if (weight > limit) process.exitCode = 1;
}

// Checks the size of what a page downloads to sign in a screen, minified and gzipped. Run after `npm run build:client`.
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const KB = 1000;
const CLIENT = path.join(import.meta.dirname, 'dist/index.js').replaceAll('\\', '/');

/** The size of a bundle with one import. */
async function weightOf(names) {
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id.endsWith('/entry') ? '/entry' : undefined),
        load: (id) => (id === '/entry' ? `export { ${names} } from '${CLIENT}'` : undefined),
      },
    ],
    build: { write: false, minify: true, target: 'es2022', lib: { entry: 'entry', formats: ['iife'], name: 'client' } },
  });
  return gzipSync(output[0].code, { level: 9 }).length;
}

const limits = [
  ['screenLogin', 5.6 * KB],
  ['screenLogin, session, phone, deviceKey', 9 * KB],
];

for (const [names, limit] of limits) {
  const weight = await weightOf(names);
  const verdict = weight <= limit ? 'ok' : 'TOO HEAVY';
  console.log(`${verdict.padEnd(9)} ${names}: ${(weight / KB).toFixed(2)} kB gzipped, of ${limit / KB} kB`);
  if (weight > limit) process.exitCode = 1;
}

#!/usr/bin/env node
// npm links this file when it installs, which in a clone is before there is a build.
import fs from 'node:fs';

const main = new URL('../dist/src/main.js', import.meta.url);
if (!fs.existsSync(main)) {
  process.stderr.write('scan-login is not built yet. Run "npm run build" first.\n');
  process.exit(1);
}
await import(main.href);

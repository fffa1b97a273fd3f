// A file of its own, because a Node that is too old cannot even parse `import()`.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const main = path.join(__dirname, '../dist/src/main.js');
if (!fs.existsSync(main)) {
  process.stderr.write('scan-login is not built yet. Run "npm run build" first.\n');
  process.exit(1);
}
void import(pathToFileURL(main).href);

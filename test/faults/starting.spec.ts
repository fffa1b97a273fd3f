import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findAppSecret } from '../../apps/server/src/app-secret.js';
import { readConfig } from '../../apps/server/src/config.js';
import { Phone, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { TEST_SECRET } from '../support/app.js';
import { createDatabase, query } from '../support/database.js';
import { call } from '../support/http.js';
import { held } from '../support/metrics.js';
import { runServerProcess, type ServerProcess, startServerProcess } from '../support/server-process.js';

const root = fs.mkdtempSync(path.join(tmpdir(), 'scan-login-starting-'));
const started: ServerProcess[] = [];

function newDirectory(): string {
  return fs.mkdtempSync(path.join(root, 'data-'));
}

async function start(environment: Record<string, string>): Promise<ServerProcess> {
  const server = await startServerProcess(environment);
  started.push(server);
  return server;
}

/** An environment with a database of the run, and a data directory outside of the project. */
function onDatabase(url: string, more: Record<string, string> = {}): Record<string, string> {
  return { DATABASE_URL: url, APP_SECRET: TEST_SECRET, DATA_DIR: newDirectory(), ...more };
}

/** Running processes with a path below `place` in their command line; a zombie's is empty. */
function processesIn(place: string): number[] {
  if (process.platform !== 'linux') return [];
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(place);
    } catch {
      return false; // ended meanwhile
    }
  });
}

/** Ends what a failed test left. */
async function clear(place: string): Promise<void> {
  for (const pid of processesIn(place)) process.kill(pid, 'SIGQUIT');
  for (let tries = 0; processesIn(place).length > 0 && tries < 100; tries += 1) await sleep(50);
}

/** The lines of the log, without those of the banner. */
function logOf(output: string): Record<string, any>[] {
  return output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, any>] : []));
}

async function kids({ url }: ServerProcess): Promise<string[]> {
  return (await call('GET', `${url}/.well-known/jwks.json`)).body.keys.map(({ kid }: { kid: string }) => kid);
}

afterAll(async () => {
  const living = started.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  await Promise.all(living.map((server) => server.stop('SIGKILL')));
  await clear(root);
  fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

/** The data directory of the first server, where the second one finds the database. */
let home: string;
let database: string;
let first: { withItsOwn: ServerProcess; talkative: ServerProcess };
beforeAll(async () => {
  [home, database] = [newDirectory(), await createDatabase()];
  const environments = [{ DATA_DIR: home }, onDatabase(database, { LOG_LEVEL: 'trace' })];
  const [withItsOwn, talkative] = await Promise.all(environments.map(start));
  first = { withItsOwn: withItsOwn!, talkative: talkative! };
});

describe('a server with a database of its own', () => {
  let server: ServerProcess;
  beforeAll(() => {
    server = first.withItsOwn;
  });
  afterAll(() => server.stop());

  it('makes a demo account on its first start, prints its password, and keeps it readable to its owner only', async () => {
    const file = path.join(home, 'demo-account.json');
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.statSync(path.join(home, 'app-secret')).mode & 0o777).toBe(0o600);
    const { username, password } = JSON.parse(fs.readFileSync(file, 'utf8'));
    expect(password).toMatch(/^[\w-]{16,}$/);
    await expect.poll(() => server.output()).toContain(password); // the banner comes after the event
    expect(server.output()).toMatch(/http:\/\/\S+:\d+/);
    expect((await new Phone(server.url, username).signIn(password)).status).toBe(201);
    expect((await new Phone(server.url, username).signIn('demo')).status).toBe(401);
  });

  it('is refused to a second server, which says why and what to do, and goes on itself', async () => {
    const phone = await signedInPhone(server.url);
    const second = await runServerProcess({ DATA_DIR: home });
    expect(second.status).toBe(1);
    const said = second.output.split('\n').at(-1);
    expect(said).toContain(`Another server is using ${home}`);
    expect(said).toMatch(/DATA_DIR.*DATABASE_URL/);
    expect(second.output).not.toMatch(/\n\s+at /); // no stack trace
    expect((await phone.account()).status).toBe(200);
    expect((await signedInScreen(server.url, phone)).tokens).toBeDefined();
  });

  /** What must be there again after the next start. */
  async function leaveSomething() {
    const phone = await signedInPhone(server.url);
    const [signedIn, confirmed] = [await signedInScreen(server.url, phone, 'tv'), new Screen(server.url)];
    await confirmed.open();
    await phone.scan(confirmed);
    expect((await phone.confirm(confirmed)).status).toBe(204);
    return { phone, signedIn, confirmed, keys: await kids(server) };
  }

  async function expectAllOf({ phone, signedIn, confirmed, keys }: Awaited<ReturnType<typeof leaveSomething>>) {
    expect(await kids(server)).toEqual(keys);
    for (const device of [phone, signedIn]) {
      expect((await device.at(server.url).account()).status).toBe(200);
      expect((await device.at(server.url).refresh()).status).toBe(200);
    }
    expect((await confirmed.at(server.url).redeem()).status).toBe(200);
    // another phone of the account ends the first one, and what that has confirmed with it
    expect((await new Phone(server.url, phone.username).signIn()).status).toBe(201);
  }

  it('has its sessions, keys and confirmed tickets again after a restart, and prints its password again', async () => {
    const left = await leaveSomething();
    expect(await server.stop()).toBe(0);
    expect(processesIn(home)).toEqual([]);
    server = await start({ DATA_DIR: home });
    await expectAllOf(left);
    const { password } = JSON.parse(fs.readFileSync(path.join(home, 'demo-account.json'), 'utf8'));
    await expect.poll(() => server.output()).toContain(`Demo account:         demo, password ${password}\n`);
  });

  it('has its sessions, keys and confirmed tickets again after it was killed', async () => {
    const left = await leaveSomething();
    expect(await server.stop('SIGKILL')).toBe('SIGKILL');
    server = await start({ DATA_DIR: home });
    await expectAllOf(left);
  });

  it('leaves no process behind when it is stopped with Ctrl-C', async () => {
    if (process.platform === 'linux') expect(processesIn(home).length).toBeGreaterThan(0);
    expect(await server.stop('SIGINT')).toBe(0);
    expect(processesIn(home)).toEqual([]);
    expect(logOf(server.output()).at(-1)).toMatchObject({ event: 'server.stopped' });
  });

  it('leaves no process behind when it cannot start because its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(async () => {
      taken.close();
      await clear(home);
    });
    const port = String((taken.address() as AddressInfo).port);
    const { status, output } = await runServerProcess({ DATA_DIR: home, PORT: port });
    expect(status).toBe(1);
    expect(output).toMatch(new RegExp(`^scan-login could not start: port ${port} of 127.0.0.1 is taken`));
    // it does not begin with anything
    expect(logOf(output)).toEqual([]);
    expect(processesIn(home)).toEqual([]);
  });

  it('leaves no process behind when it is told to stop before it is up', async () => {
    onTestFinished(() => clear(home));
    const child = spawn(process.execPath, ['dist/apps/server/src/main.js'], {
      env: { HOST: '127.0.0.1', PORT: '0', DATA_DIR: home },
      stdio: 'ignore',
    });
    const lock = path.join(home, 'postgres/data/postmaster.pid');
    await expect.poll(() => fs.existsSync(lock), { interval: 5, timeout: 10_000 }).toBe(true);
    child.kill('SIGTERM');
    await once(child, 'exit');
    await expect.poll(() => processesIn(home), { timeout: 5000 }).toEqual([]);
  });

  it('leaves no process behind when its keys were sealed under another APP_SECRET', async () => {
    onTestFinished(() => clear(home));
    const { status, output } = await runServerProcess({ DATA_DIR: home, APP_SECRET: TEST_SECRET });
    expect(status).toBe(1);
    expect(output.split('\n').at(-1)).toMatch(/could not start: APP_SECRET is not the one .*start with that one/);
    expect(processesIn(home)).toEqual([]);
  });
});

describe('the secret that a server generates', () => {
  it('is the same for all servers that start at once', async () => {
    const config = readConfig({ DATA_DIR: newDirectory() });
    const secrets = await Promise.all(Array.from({ length: 20 }, () => findAppSecret(config)));
    expect(new Set(secrets)).toEqual(new Set([expect.stringMatching(/^[\w-]{43}$/)]));
    expect(new Set(secrets).size).toBe(1);
  });

  it('is never empty, as a kill in the middle of making it would leave it', async () => {
    const directory = newDirectory();
    fs.writeFileSync(path.join(directory, 'app-secret'), '', { mode: 0o600 });
    expect(await findAppSecret(readConfig({ DATA_DIR: directory }))).toMatch(/^[\w-]{43}$/);
  });
});

describe('several servers that start at once on one empty database', { timeout: 60_000 }, () => {
  it.each([2, 4])('are %i: one of them migrates, all of them serve, with the same keys and sessions', async (count) => {
    const url = await createDatabase({ migrated: false });
    const directory = newDirectory(); // one for all of them, as on one machine
    const environment = { DATABASE_URL: url, DATA_DIR: directory };
    const servers = await Promise.all(Array.from({ length: count }, () => start(environment)));
    const logs = servers.flatMap((server) => logOf(server.output()));
    const migrated = logs.filter(({ event }) => event === 'database.migrated').map(({ migration }) => migration);
    const rows = await query(url, 'SELECT name FROM migrations ORDER BY id');
    expect(migrated.length).toBeGreaterThan(0);
    expect(rows.map(({ name }) => name)).toEqual(migrated);
    expect(new Set(migrated).size).toBe(migrated.length);
    expect(logs.filter(({ event }) => event === 'key.made')).toHaveLength(1);
    expect(await query(url, 'SELECT username FROM accounts')).toEqual([{ username: 'demo' }]);

    const phone = await signedInPhone(servers[0]!.url);
    const keys = await kids(servers[0]!);
    for (const server of servers) {
      expect(await kids(server)).toEqual(keys);
      expect((await phone.at(server.url).account()).status).toBe(200);
    }
    const demo = JSON.parse(fs.readFileSync(path.join(directory, 'demo-account.json'), 'utf8'));
    expect((await new Phone(servers[1]!.url, demo.username).signIn(demo.password)).status).toBe(201);
    expect(await Promise.all(servers.map((server) => server.stop()))).toEqual(servers.map(() => 0));
  });
});

/** The errors as printed, by the name of their variable. */
function errorsIn(output: string): Record<string, string> {
  const lines = output.split('\n').filter((line) => /^ {2}[A-Z_]+: /.test(line));
  return Object.fromEntries(
    lines.map(
      (line) =>
        line
          .trim()
          .split(/: (.*)/)
          .slice(0, 2) as [string, string],
    ),
  );
}

const error = (name: string) => expect.stringMatching(new RegExp(`^\\S.* \\(for example ${name}=\\S.*\\)$`));

describe('an invalid configuration', () => {
  it.concurrent(
    'is refused with all of its errors at once, each with reason and example, before the server does anything',
    async () => {
      const wrong = {
        PORT: 'abc',
        PUBLIC_URL: 'login.example.org',
        DATABASE_URL: 'mysql://root:hunter2@localhost/login',
        DATABASE_POOL: '0',
        TRUST_PROXY: '10.0.0.0/33',
        CORS_ORIGINS: 'foo',
        LOG_LEVEL: 'loud',
        TICKET_LIFE: '-1',
        POLL_HOLD: '25s',
        REFRESH_GRACE: '1.5',
        SCREEN_SESSION_IDLE: '0',
        SESSIONS_PER_DEVICE_TYPE: '1e3',
        SESSION_LIMIT_POLICY: 'ask',
        API_DOCS: 'yes',
      };
      const directory = newDirectory();
      const { status, output } = await runServerProcess({ DATA_DIR: directory, ...wrong });
      expect(status).toBe(1);
      expect(errorsIn(output)).toEqual(Object.fromEntries(Object.keys(wrong).map((name) => [name, error(name)])));
      expect(output).not.toContain('hunter2');
      expect(output).not.toMatch(/\n\s+at /);
      expect(fs.readdirSync(directory)).toEqual([]);
    },
  );

  it.concurrent('is refused with the error of a database that does not let us in, without the password', async () => {
    const good = new URL(await createDatabase());
    const [stranger, missing] = [new URL(good), new URL(good)];
    stranger.password = 'hunter2hunter2';
    missing.pathname = '/there-is-none';
    const [refused, none] = await Promise.all(
      [stranger, missing].map(({ href }) => runServerProcess(onDatabase(href))),
    );
    expect(refused).toMatchObject({ status: 1, output: expect.stringMatching(/could not start.*password/) });
    expect(none).toMatchObject({ status: 1, output: expect.stringMatching(/could not start.*there-is-none/) });
    expect(refused!.output).not.toContain('hunter2');
    expect(none!.output).not.toContain(good.password);
  });

  it.each<[string, Record<string, string>]>([
    ['PORT', { PORT: '65536' }],
    ['PORT', { PORT: ' 3000' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'ftp://login.example.org' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://example.org/login' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://example.org/?login' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'https://user@login.example.org' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://a.example.org,https://b.example.org/path' }],
    ['TRUST_PROXY', { TRUST_PROXY: 'true' }],
    ['DATABASE_URL', { DATABASE_URL: 'localhost:5432' }],
    ['NODE_ENV', { NODE_ENV: 'prod' }],
  ])('names %s for %o', (name, wrong) => {
    expect(() => readConfig({ DATABASE_URL: 'postgres://localhost/x', ...wrong })).toThrow(
      new RegExp(`^  ${name}: `, 'm'),
    );
  });
});

describe('in production', () => {
  it.concurrent(
    'the embedded database and a missing APP_SECRET or PUBLIC_URL are refused, together with all other errors',
    async () => {
      const directory = newDirectory();
      const { status, output } = await runServerProcess({ NODE_ENV: 'production', DATA_DIR: directory, PORT: 'abc' });
      expect(status).toBe(1);
      expect(errorsIn(output)).toEqual({
        DATABASE_URL: error('DATABASE_URL'),
        PUBLIC_URL: error('PUBLIC_URL'),
        APP_SECRET: error('APP_SECRET'),
        PORT: error('PORT'),
      });
      expect(fs.readdirSync(directory)).toEqual([]);
    },
  );

  it.concurrent('there is no demo account and no Swagger UI', async () => {
    const url = await createDatabase();
    const environment = onDatabase(url, { NODE_ENV: 'production', PUBLIC_URL: 'https://login.example.org' });
    const server = await start(environment);
    expect(await query(url, 'SELECT username FROM accounts')).toEqual([]);
    expect(fs.readdirSync(environment['DATA_DIR']!)).toEqual([]);
    expect((await call('GET', `${server.url}/docs`)).status).toBe(404);
    expect((await call('GET', `${server.url}/readyz`)).status).toBe(200);
    const { headers } = await call('GET', `${server.url}/livez`);
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{7,}/);
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toMatch(/demo/i); // nor does the log tell people to use it
  });

  it.each([
    ['is short', 'k7Gd0q2ZpL5vX9rTn3Wc8sYh1JmBf4U'],
    ['is empty', ''],
    ['is one letter many times', 'x'.repeat(64)],
    ['has few letters', 'passwordpasswordpasswordpassword'],
    ['repeats itself', '01234567890123456789012345678901'],
    ['is an example', 'this-is-an-example-secret-0123456789'],
    ['asks to be changed', 'please-change-me-before-going-live-01'],
    ['is told by the documentation', readConfigurationExample()],
  ])('an APP_SECRET that %s is refused', (_, secret) => {
    const environment = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://localhost/x',
      PUBLIC_URL: 'https://login.example.org',
    };
    expect(() => readConfig({ ...environment, APP_SECRET: secret })).toThrow(
      /^ {2}APP_SECRET: .*for example APP_SECRET=/m,
    );
    expect(readConfig({ ...environment, APP_SECRET: TEST_SECRET }).isProduction).toBe(true);
  });
});

/** The example in docs/configuration.md for APP_SECRET. */
function readConfigurationExample(): string {
  const page = fs.readFileSync('docs/configuration.md', 'utf8');
  return /^\| `APP_SECRET` .*\| `(.*)` \|$/m.exec(page)![1]!;
}

/** An open event stream, whose end is read later. */
async function begunStream({ url, uuid, secret }: Screen): Promise<Response> {
  const stream = await fetch(`${url}/v1/tickets/${uuid}/events`, { headers: { 'x-ticket-secret': secret } });
  expect(stream.status).toBe(200);
  return stream;
}

/** The lines about one subject, once the last of them is there. */
async function linesOn(
  server: ServerProcess,
  key: string,
  value: string,
  last: string,
): Promise<Record<string, any>[]> {
  const lines = () => logOf(server.output()).filter((line) => line[key] === value);
  await expect.poll(() => lines().map((line) => line['event'])).toContain(last);
  return lines();
}

async function movesOf(server: ServerProcess, { uuid }: Screen, last: string) {
  const moves = /^ticket\.(opened|scanned|confirmed|denied|cancelled|redeemed)$/;
  const lines = (await linesOn(server, 'uuid', uuid, last)).filter(({ event }) => moves.test(event));
  return lines.map(({ event, level, sessionId }) => [event, level, sessionId]);
}

async function endingsOf(server: ServerProcess, sessionId: string) {
  const lines = await linesOn(server, 'sessionId', sessionId, 'session.ended');
  return lines.filter(({ event }) => event.startsWith('session.')).map(({ event, reason }) => [event, reason]);
}

describe('the log at its most talkative', () => {
  let server: ServerProcess;
  beforeAll(() => {
    server = first.talkative;
  });

  it('has one line for each move of a ticket, with its uuid and the session that moved it', async () => {
    const phone = await signedInPhone(server.url);
    const screens = Array.from({ length: 3 }, () => new Screen(server.url));
    for (const screen of screens) await screen.open();
    const [redeemed, denied, cancelled] = screens as [Screen, Screen, Screen];
    for (const screen of screens) await phone.scan(screen);
    await Promise.all([cancelled.poll('scanned'), cancelled.cancel()]);
    await phone.scan(denied);
    await phone.deny(denied, 'not_me');
    await phone.scan(redeemed);
    await phone.confirm(redeemed);
    await phone.confirm(redeemed); // repeated: not a move
    await redeemed.redeem();
    await phone.confirm(cancelled); // refused: not a move

    const sessionId = phone.tokens!.session.id;
    const info = 30;
    expect(await movesOf(server, redeemed, 'ticket.redeemed')).toEqual([
      ['ticket.opened', info, undefined],
      ['ticket.scanned', info, sessionId],
      ['ticket.scanned', info, sessionId],
      ['ticket.confirmed', info, sessionId],
      ['ticket.redeemed', info, redeemed.tokens!.session.id],
    ]);
    expect(await movesOf(server, denied, 'ticket.denied')).toEqual([
      ['ticket.opened', info, undefined],
      ['ticket.scanned', info, sessionId],
      ['ticket.scanned', info, sessionId],
      ['ticket.denied', info, sessionId],
    ]);
    expect(await movesOf(server, cancelled, 'ticket.cancelled')).toEqual([
      ['ticket.opened', info, undefined],
      ['ticket.scanned', info, sessionId],
      ['ticket.cancelled', info, undefined],
    ]);
  });

  it('has one line for the beginning and the end of each session, with the reason', async () => {
    const phone = await signedInPhone(server.url);
    const earlier = phone.tokens!.session.id;
    await phone.signIn();
    await phone.signOut();
    expect(await endingsOf(server, earlier)).toEqual([
      ['session.started', undefined],
      ['session.ended', 'replaced'],
    ]);
    expect(await endingsOf(server, phone.tokens!.session.id)).toEqual([
      ['session.started', undefined],
      ['session.ended', 'signed_out'],
    ]);
  });

  it('has no password of the demo account in its lines: only the banner tells it', async () => {
    const line = server
      .output()
      .split('\n')
      .find((text) => text.includes('Demo account'))!;
    const password = /password (\S+)/.exec(line)![1]!;
    expect(logOf(server.output()).filter((each) => JSON.stringify(each).includes(password))).toEqual([]);
  });
});

describe('a server that is told to stop', () => {
  it('answers all calls that it holds, and exits in order', async () => {
    const server = first.talkative;
    const screens = Array.from({ length: 55 }, () => new Screen(server.url));
    await Promise.all(screens.map((screen) => screen.open()));
    const streams = await Promise.all(screens.slice(50).map(begunStream));
    const polls = screens.slice(0, 50).map((screen) => screen.poll('pending'));
    await held(server.url, 55);

    const began = performance.now();
    expect(await server.stop('SIGTERM')).toBe(0);

    expect(performance.now() - began).toBeLessThan(10_000);
    for (const { status, body } of await Promise.all(polls)) {
      expect({ status, body }).toMatchObject({ status: 200, body: { code: 408, status: 'pending' } });
    }
    for (const stream of streams) expect(await stream.text()).toMatch(/^event: pending$/m);
    const events = logOf(server.output()).map(({ event }) => event);
    expect(events).toContain('server.stopping');
    expect(events.at(-1)).toBe('server.stopped');
  });
});

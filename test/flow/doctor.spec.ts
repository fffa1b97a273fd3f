import fs from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Logger } from '@nestjs/common';
import type { Check, CheckName } from '../../apps/server/src/cli/doctor/check.js';
import { examine } from '../../apps/server/src/cli/doctor/examine.js';
import { type RunningApp, startApp, startAppForTest, TEST_SECRET } from '../support/app.js';
import { createDatabase, query } from '../support/database.js';
import { type Forwarding, PROXY_ADDRESS, startHttpProxy } from '../support/forwarding.js';
import { freePort } from '../support/free-port.js';
import { scanLogin } from '../support/program.js';
import { hasRedis, startRedis } from '../support/redis.js';

const root = fs.mkdtempSync(path.join(tmpdir(), 'scan-login-doctor-'));
const newDirectory = () => fs.mkdtempSync(path.join(root, 'data-'));

Logger.overrideLogger(false);

let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  await app.close();
  fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

/** The configuration of the running server. */
function environment(more: Record<string, string> = {}): Record<string, string> {
  return {
    DATABASE_URL: app.databaseUrl,
    APP_SECRET: TEST_SECRET,
    PUBLIC_URL: app.url,
    DATA_DIR: newDirectory(),
    ...more,
  };
}

/** Runs the command in a process of its own. */
async function run(more: Record<string, string>): Promise<{ status: number | null; checks: Check[]; text: string }> {
  const { status, stdout } = await scanLogin(['doctor', '--json'], more);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  expect(status).toBe(ok ? 0 : 1);
  return { status, checks, text: stdout };
}

/** The result of one check; the others are not read. */
async function found(name: CheckName, more: Record<string, string>): Promise<Check> {
  const check = (await examine(more)).find((each) => each.name === name)!;
  if (check.result !== 'ok') expect(check.advice).toMatch(/\w/);
  return check;
}

/** A server behind a proxy at PROXY_ADDRESS, and what its doctor says of TRUST_PROXY. */
async function foundBehind(forwarding: Forwarding, trusted: Record<string, string>): Promise<Check> {
  const server = await startAppForTest(trusted);
  const proxy = await startHttpProxy(server.url, forwarding);
  onTestFinished(() => proxy.close());
  return found('proxy', environment({ DATABASE_URL: server.databaseUrl, PUBLIC_URL: proxy.url, ...trusted }));
}

describe('scan-login doctor on a server that is well', () => {
  it('finds all checks green in production, exits with 0, and reports the same to people and to programs', async () => {
    const production = environment({ NODE_ENV: 'production' });
    const { status, checks, text } = await run(production);
    expect(checks.filter(({ result }) => result !== 'ok')).toEqual([]);
    expect(status).toBe(0);
    expect(checks.map(({ name }) => name)).toEqual<CheckName[]>([
      'configuration',
      'pages',
      'data-directory',
      'secret',
      'database',
      'schema',
      'signing-keys',
      'clock',
      'signal',
      'public-url',
      'proxy',
    ]);
    const report = await scanLogin(['doctor'], production);
    for (const { name } of checks) expect(report.stdout).toMatch(new RegExp(`^ok +${name} +\\S`, 'm'));
    expect(report.stdout).toContain('0 failed, 0 with a warning, of 11 checks');
    for (const secret of [TEST_SECRET, new URL(app.databaseUrl).password]) {
      expect(text + report.stdout).not.toContain(secret);
    }
  });

  it('leaves no waiting ticket, and no row but that one', async () => {
    await examine(environment());
    const rows = await query(app.databaseUrl, `SELECT status FROM tickets WHERE device_id = 'scan-login-doctor'`);
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['cancelled']));
  });

  it('makes no embedded database where none exists, nor a directory for it', async () => {
    const directory = path.join(newDirectory(), 'new');
    const checks = await examine({ DATA_DIR: directory });
    expect(checks.find(({ name }) => name === 'database')).toMatchObject({ result: 'ok' });
    expect(fs.existsSync(directory)).toBe(false);
  });
});

describe('scan-login doctor finds', () => {
  it('a configuration that cannot be used: each variable, with an example', async () => {
    const { checks, status } = await run({ PORT: 'abc', NODE_ENV: 'production' });
    expect(status).toBe(1);
    expect(checks.every(({ name, result }) => name === 'configuration' && result === 'fail')).toBe(true);
    for (const name of ['PORT', 'DATABASE_URL', 'APP_SECRET']) {
      const check = checks.find(({ message }) => message.startsWith(`${name}: `));
      expect(check).toMatchObject({ advice: expect.stringContaining(`for example ${name}=`) });
    }
  });

  it('a data directory that is not writable', async () => {
    const file = path.join(newDirectory(), 'file');
    fs.writeFileSync(file, '');
    expect(await found('data-directory', { DATA_DIR: path.join(file, 'data') })).toMatchObject({
      result: 'fail',
      advice: expect.stringContaining('DATA_DIR'),
    });
  });

  it('a secret that is missing where instances share a database, and one that can be guessed', async () => {
    const { APP_SECRET: _, ...unset } = environment();
    for (const wrong of [unset, environment({ APP_SECRET: 'passwordpasswordpasswordpassword' })]) {
      expect(await found('secret', wrong)).toMatchObject({
        result: 'warn',
        advice: expect.stringContaining('openssl rand -base64 33'),
      });
    }
  });

  it('a secret that does not open the signing keys of the database', async () => {
    const check = await found('signing-keys', environment({ APP_SECRET: 'u5Rw1eKq9ZtYx3VbNm7Lc0PsDf4Gh8Jk' }));
    expect(check).toMatchObject({ result: 'fail', advice: expect.stringContaining('APP_SECRET_PREVIOUS') });
  });

  it.each<[string, (url: URL) => void, RegExp]>([
    ['is not there', (url) => (url.port = '9'), /host and port/],
    ['has another password', (url) => (url.password = 'hunter2hunter2'), /user and password/],
    ['has no such name', (url) => (url.pathname = '/nowhere'), /Create the database/],
  ])('a database that %s', async (_, change, advice) => {
    const url = new URL(app.databaseUrl);
    change(url);
    const checks = await examine(environment({ DATABASE_URL: url.href }));
    expect(checks.find(({ name }) => name === 'database')).toMatchObject({
      result: 'fail',
      advice: expect.stringMatching(advice),
    });
    // one error is reported once
    expect(checks.filter(({ result }) => result === 'fail')).toHaveLength(1);
    expect(JSON.stringify(checks)).not.toContain('hunter2');
  });

  it('a database that rejects writes', async () => {
    const url = await createDatabase();
    await query(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = on`);
    const check = await found('database', environment({ DATABASE_URL: url }));
    expect(check).toMatchObject({ result: 'fail', advice: expect.stringContaining('primary') });
  });

  it('a schema that is not up to date, and leaves it as it is', async () => {
    const url = await createDatabase({ migrated: false });
    const check = await found('schema', environment({ DATABASE_URL: url }));
    expect(check).toMatchObject({ result: 'warn', advice: expect.stringContaining('scan-login migrate') });
    expect(await query(url, `SELECT FROM pg_class WHERE relname = 'migrations'`)).toEqual([]);
  });

  it('clocks that differ', async () => {
    const shifted = { NODE_OPTIONS: `--import=${path.resolve('test/support/preload/shifted-clock.mjs')}` };
    const { checks } = await run(environment({ ...shifted, CLOCK_SHIFT_MS: '90000' }));
    const check = checks.find(({ name }) => name === 'clock')!;
    expect(check).toMatchObject({ result: 'warn', advice: expect.stringContaining('NTP') });
    expect(check.message).toContain('90 s apart');
  });

  it('a signal that is not delivered, over PostgreSQL', async () => {
    const url = new URL(app.databaseUrl);
    url.port = String(await freePort());
    const check = await found('signal', environment({ DATABASE_LISTEN_URL: url.href }));
    expect(check).toMatchObject({ result: 'fail', advice: expect.stringContaining('DATABASE_LISTEN_URL') });
  });

  it.runIf(hasRedis)('a signal that is not delivered, over Redis, and one that is', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    expect(await found('signal', environment({ REDIS_URL: redis.url }))).toMatchObject({ result: 'ok' });
    const gone = `redis://127.0.0.1:${await freePort()}`;
    const check = await found('signal', environment({ REDIS_URL: gone }));
    expect(check).toMatchObject({ result: 'fail', advice: expect.stringContaining('REDIS_URL') });
  });

  it('a public URL that leads nowhere: a failure while the server runs, otherwise a hint to start it', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { port, hostname: HOST } = new URL(app.url);
    expect(await found('public-url', environment({ PUBLIC_URL: url, PORT: port, HOST }))).toMatchObject({
      result: 'fail',
      advice: expect.stringContaining('correct PUBLIC_URL'),
    });
    const idle = environment({ PUBLIC_URL: url, PORT: String(await freePort()), HOST });
    expect(await found('public-url', idle)).toMatchObject({
      result: 'warn',
      advice: expect.stringContaining('Start the server'),
    });
  });

  it('a public URL at which another program answers', async () => {
    const other = createServer((_, response) => response.end('Welcome to nginx!')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    expect(await found('public-url', environment({ PUBLIC_URL: url }))).toMatchObject({ result: 'fail' });
  });

  it('a public URL without TLS: a warning, and a failure in production', async () => {
    const server = await startAppForTest();
    const { port } = new URL(server.url);
    // leads to this machine, and is not a loopback address
    const url = `http://0.0.0.0:${port}`;
    const plain = environment({ DATABASE_URL: server.databaseUrl, PUBLIC_URL: url });
    expect(await found('public-url', plain)).toMatchObject({ result: 'warn', advice: expect.stringContaining('TLS') });
    const production = await found('public-url', { ...plain, NODE_ENV: 'production' });
    expect(production).toMatchObject({ result: 'fail', advice: expect.stringContaining('TLS') });
  });

  it('a proxy for TLS that TRUST_PROXY does not name', async () => {
    const check = await found('proxy', environment({ PUBLIC_URL: 'https://127.0.0.1:9' }));
    expect(check).toMatchObject({ result: 'fail', advice: expect.stringContaining('TRUST_PROXY') });
  });
});

describe('scan-login doctor behind a proxy', () => {
  const trusted = { TRUST_PROXY: PROXY_ADDRESS };

  it('is content where TRUST_PROXY names it and it forwards the addresses of its clients', async () => {
    expect(await foundBehind('tells', trusted)).toMatchObject({ result: 'ok' });
  });

  it('finds that TRUST_PROXY does not name it, and tells its address', async () => {
    const check = await foundBehind('tells', {});
    expect(check).toMatchObject({ result: 'warn', advice: expect.stringContaining(PROXY_ADDRESS) });
  });

  it('finds that it does not forward the addresses of its clients', async () => {
    const check = await foundBehind('keeps silent', trusted);
    expect(check).toMatchObject({ result: 'fail', advice: expect.stringContaining('proxy_set_header') });
  });

  it('finds that a client can claim any address through it', async () => {
    const check = await foundBehind('passes on', trusted);
    expect(check).toMatchObject({ result: 'fail', message: expect.stringContaining('forged') });
  });
});

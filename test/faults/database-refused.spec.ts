import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { TEST_SECRET } from '../support/app.js';
import { createDatabase, query } from '../support/database.js';
import { runServerProcess, startServerProcess } from '../support/server-process.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'scan-login-refused-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const onDatabase = (url: URL | string) => ({ DATABASE_URL: String(url), APP_SECRET: TEST_SECRET, DATA_DIR: root });

/** A role that may connect, and nothing else. @returns a URL of the database as that role */
async function asStranger(url: string): Promise<URL> {
  const stranger = new URL(url);
  const role = `stranger_${stranger.pathname.slice(1)}`;
  await query(url, `CREATE ROLE ${role} LOGIN PASSWORD 'of-a-stranger'`);
  [stranger.username, stranger.password] = [role, 'of-a-stranger'];
  return stranger;
}

describe('a server whose database cannot be used', { timeout: 60_000 }, () => {
  it('says at once what to type for a wrong password, a missing role, database or right, without the password', async () => {
    const good = new URL(await createDatabase({ migrated: false }));
    const [wrong, nobody, missing] = [new URL(good), new URL(good), new URL(good)];
    wrong.password = 'hunter2hunter2';
    nobody.username = 'nobody-here';
    missing.pathname = '/there_is_none';
    const powerless = await asStranger(good.href);
    const cases: [URL, string][] = [
      [wrong, `ALTER ROLE ${good.username} PASSWORD '…';`],
      [nobody, `CREATE ROLE "nobody-here" LOGIN PASSWORD '…';`],
      [missing, `CREATE DATABASE there_is_none OWNER ${good.username};`],
      [powerless, `GRANT CONNECT, CREATE ON DATABASE ${good.pathname.slice(1)} TO ${powerless.username};`],
      [powerless, `CREATE SCHEMA scan_login AUTHORIZATION ${powerless.username};`],
    ];
    for (const [url, advice] of cases) {
      const { status, output } = await runServerProcess(onDatabase(url));
      expect(status).toBe(1);
      expect(output).toContain(`could not start: postgres://${url.username}@${url.host}${url.pathname}: `);
      expect(output).toContain(advice);
      expect(output.split('\n')).toHaveLength(2);
      expect(output).not.toContain(`:${url.password}`);
    }
  });

  it('starts once the right that its message names is given', async () => {
    const good = await createDatabase({ migrated: false });
    const url = await asStranger(good);
    const { output } = await runServerProcess(onDatabase(url));
    const [, advice] = /(GRANT .*?;)/.exec(output)!;
    await query(good, advice!);
    const server = await startServerProcess(onDatabase(url));
    expect(await server.stop()).toBe(0);
  });

  it('says so in one line at once and one every 5 s, for how long it tries, and starts when the database is there', async () => {
    const url = new URL(await createDatabase());
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    onTestFinished(() => proxy.close());
    proxy.cut();
    url.port = String(proxy.port);
    const server = await startServerProcess(onDatabase(url), {
      onLine: (line) => line.includes('another 25 s') && proxy.restore(),
    });
    const said = server
      .output()
      .split('\n')
      .flatMap((line) =>
        line.includes('database.awaited') ? [JSON.parse(line) as { msg: string; err?: unknown }] : [],
      );
    const place = `postgres://${url.username}@${url.host}${url.pathname} (DATABASE_URL)`;
    expect(said.map(({ msg }) => msg)).toEqual(
      [30, 25].map((left) => expect.stringMatching(new RegExp(`Trying for another ${left} s$`))),
    );
    for (const { msg, err } of said) {
      expect(msg).toContain(`The database at ${place} cannot be reached: `);
      expect(err).toBeUndefined();
    }
    expect(await server.stop()).toBe(0);
  });
});

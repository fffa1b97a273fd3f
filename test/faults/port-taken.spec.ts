import { once } from 'node:events';
import fs from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runServerProcess } from '../support/server-process.js';

describe('a server that cannot have its port', () => {
  /** A place for data that only a server that begins would make. */
  const unused = path.join(os.tmpdir(), `scan-login-unused-${process.pid}`);

  async function refused(environment: Record<string, string>): Promise<string[]> {
    const { status, output } = await runServerProcess({ DATA_DIR: unused, ...environment });
    expect(status).toBe(1);
    expect(fs.existsSync(unused)).toBe(false);
    return output.split('\n');
  }

  it('says so in one message, with the commands to type, before it begins with anything', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const other = port < 65_535 ? port + 1 : 3000;
    expect(await refused({ PORT: String(port) })).toEqual([
      `scan-login could not start: port ${port} of 127.0.0.1 is taken by another program.`,
      expect.stringMatching(`^Take another port: .*PORT=${other} .*npm start$`),
      expect.stringMatching(`^Or find that program, and end it: .*:${port}\\b`),
    ]);
  });

  it.each(['198.51.100.7', 'no-such-host.invalid'])(
    'says so where HOST is %s, which is another machine',
    async (HOST) => {
      expect(await refused({ HOST })).toEqual([
        `scan-login could not start: HOST is ${HOST}, which is no address of this machine.`,
        expect.stringMatching(/^Listen on all that it has: .*HOST=0\.0\.0\.0 .*npm start$/),
      ]);
    },
  );
});

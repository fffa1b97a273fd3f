import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { PASSWORD, register, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { attack } from './support/attack.js';

// What other users of the machine, or people in the room, can do to the terminal programs.

let server: RunningApp;
let dataDir: string;

beforeAll(async () => {
  server = await startApp();
  dataDir = await fs.mkdtemp(path.join(os.tmpdir(), 'terminal-attacks-'));
});
afterAll(async () => {
  await server.close();
  await fs.rm(dataDir, { recursive: true, force: true });
});

/** Runs one of the built programs to its end. */
function run(name: 'screen' | 'phone', ...given: string[]) {
  const env = { DATA_DIR: dataDir, SCAN_LOGIN_URL: server.url };
  const program = { output: '', ended: Promise.resolve() };
  program.ended = new Promise((resolve) => {
    const child = execFile(process.execPath, [`dist/apps/cli/src/${name}.js`, ...given], { env }, () => resolve());
    for (const stream of [child.stdout, child.stderr]) {
      stream!.on('data', (text: string) => (program.output += text));
    }
  });
  return program;
}

describe('the terminal programs', () => {
  attack('a user of the same machine, who lists the processes: no password is in their arguments', {
    given: () => register(server.url),
    when: async (username) => {
      const phone = run('phone', crypto.randomUUID(), '--username', username, '--password', PASSWORD);
      await phone.ended;
      return phone.output;
    },
    then: (output) => {
      expect(output).toContain('can be read by every user of this machine');
      expect(output).not.toContain('Signed in');
    },
  });

  attack(
    'a stranger who is the first to scan and confirm the code of a terminal: it does not sign in as the stranger',
    {
      given: () => signedInPhone(server.url),
      when: async (stranger) => {
        const screen = run('screen');
        const uuid = await vi.waitFor(() => /\/l\/([0-9a-f-]{36})/.exec(screen.output)![1]!, { timeout: 10_000 });
        await stranger.scan({ uuid });
        await stranger.confirm({ uuid });
        await screen.ended;
        return { output: screen.output, sessions: (await stranger.sessions()).body.sessions };
      },
      then: ({ output, sessions }) => {
        expect(output).toContain('was not signed in on this device before');
        expect(output).not.toContain('Signed in');
        expect(sessions).toHaveLength(1);
      },
    },
  );
});

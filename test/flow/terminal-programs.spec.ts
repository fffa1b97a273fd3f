import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ticketLink } from '@scan-login/client';
import { decodeQR } from 'qr/decode.js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PASSWORD, register } from '../support/actors.js';
import { TEST_SECRET } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

let server: ServerProcess;
let dataDir: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  dataDir = await fs.mkdtemp(path.join(os.tmpdir(), 'terminal-programs-'));
  server = await startServerProcess({
    DATABASE_URL: await createDatabase(),
    APP_SECRET: TEST_SECRET,
    DATA_DIR: dataDir,
  });
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(async () => {
  await server.stop();
  await fs.rm(dataDir, { recursive: true, force: true });
});

/** One of the built programs, in its own process, with the time of each line of its output. */
class Program {
  readonly lines: { text: string; at: number }[] = [];
  readonly exitCode: Promise<number | null>;
  /** Everything that it has printed, including an unfinished line. */
  shown = '';
  private readonly child;

  constructor(name: 'screen' | 'phone', ...given: string[]) {
    this.child = this.start([process.execPath, path.resolve(`dist/apps/cli/src/${name}.js`), ...given]);
    running.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.shown += chunk.toString()));
      createInterface(stream).on('line', (text) => this.lines.push({ text, at: performance.now() }));
    }
    this.exitCode = once(this.child, 'close').then(([code]) => {
      running.delete(this.child);
      return code as number | null;
    });
  }

  protected start([command, ...given]: string[], more: Record<string, string> = {}): ChildProcessWithoutNullStreams {
    return spawn(command!, given, { env: { DATA_DIR: dataDir, SCAN_LOGIN_URL: server.url, ...more } });
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  endInput(text = ''): void {
    this.child.stdin.end(text);
  }

  /** Waits until it asks this question. */
  async question(text: string): Promise<void> {
    await vi.waitFor(() => expect(this.shown).toContain(text), { timeout: 10_000, interval: 10 });
  }

  get output(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }

  /** The first line with this text, once it is there. */
  async line(text: string): Promise<{ text: string; at: number }> {
    for (let tries = 0; tries < 500; tries += 1) {
      const found = this.lines.find((line) => line.text.includes(text));
      if (found) return found;
      await sleep(10);
    }
    throw new Error(`no line with "${text}" in:\n${this.output}`);
  }

  async link(): Promise<string> {
    const { text } = await this.line('Link:');
    await this.line('Waiting for a phone');
    return text.split('Link:')[1]!.trim();
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }
}

/** A program with a password in its environment. */
class WithPassword extends Program {
  protected override start(command: string[]): ChildProcessWithoutNullStreams {
    return super.start(command, { SCAN_LOGIN_PASSWORD: PASSWORD });
  }
}

/** A program in a terminal, where it can ask: made by `script` of util-linux. */
class InTerminal extends Program {
  protected override start(command: string[]): ChildProcessWithoutNullStreams {
    const quoted = command.map((word) => `'${word}'`).join(' ');
    return super.start(['script', '--quiet', '--return', '--command', quoted, '/dev/null'], {
      PATH: process.env['PATH']!,
      SHELL: '/bin/sh',
    });
  }
}

const hasTerminal = spawnSync('script', ['--version']).stdout?.includes('util-linux');

const BLACK_ON_WHITE = '\u001B[38;5;16;48;5;231m';
const RESET = '\u001B[0m';

/** What a camera would read off a dark terminal: half blocks, black on white by the color codes. */
function readCode(output: string): string {
  const MODULE = 4;
  const MARGIN = 8;
  const plates = output.split(BLACK_ON_WHITE).slice(1);
  const cells = plates.map((plate) => plate.slice(0, plate.indexOf(RESET)).split(''));
  const rows = cells.flatMap((line) => ['█▀', '█▄'].map((dark) => line.map((cell) => dark.includes(cell))));
  const width = (rows[0]!.length + 2 * MARGIN) * MODULE;
  const height = (rows.length + 2 * MARGIN) * MODULE;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let at = 0; at < width * height; at += 1) {
    const row = rows[Math.floor(at / width / MODULE) - MARGIN];
    const isDark = row?.[Math.floor((at % width) / MODULE) - MARGIN] ?? true;
    if (isDark) data.fill(0, at * 4, at * 4 + 3);
  }
  return decodeQR({ width, height, data });
}

describe('the terminal programs', () => {
  it('sign a screen in: the code is readable, and the screen knows within a second of the confirm', async () => {
    const screen = new Program('screen', '--yes', '--name', 'Rack 7');
    const link = await screen.link();
    expect(screen.output).toContain(`npm run phone -- '${link}'`);
    expect(readCode(screen.output)).toBe(link);

    const phone = new Program('phone', link);
    expect([await phone.exitCode, await screen.exitCode]).toEqual([0, 0]);
    expect(phone.output).toMatch(
      /Network: [^]*Browser: [^]*System: [^]*Address: [^]*Asking since: [^]*It calls itself “Rack 7”, and says that it is a command line/,
    );
    expect(phone.output).toMatch(/Confirm only if this screen is in front of you\.\n/);
    expect(phone.output).toMatch(/Time left: +\d+ seconds/);
    expect(phone.output).toContain('The screen is signed in.');
    expect(screen.output).toMatch(/Scanned by Demo[^]*Signed in as Demo[^]*GET \/v1\/account answers Demo/);
    const confirmed = await phone.line('Confirmed.');
    const signedIn = await screen.line('Signed in as');
    expect(signedIn.at - confirmed.at).toBeLessThan(1000);
  });

  it.each(['--deny', '--not-me'])('leave the screen signed out after %s', async (decision) => {
    const screen = new Program('screen');
    const phone = new Program('phone', await screen.link(), decision);
    expect([await phone.exitCode, await screen.exitCode]).toEqual([0, 2]);
    expect(phone.output).toContain('Denied');
    expect(screen.output).toContain('Denied on the phone');
    expect(screen.output).not.toContain('Signed in');
  });

  it('cancel the ticket when the screen is interrupted', async () => {
    const screen = new Program('screen');
    const link = await screen.link();
    screen.interrupt();
    expect(await screen.exitCode).toBe(130);
    const phone = new Program('phone', link);
    expect(await phone.exitCode).toBe(1);
    expect(phone.output).toContain('The status of the ticket does not allow this');
  });

  it('survive a restart of the server: report it once, show no second code, and sign the screen in', async () => {
    const environment = {
      DATABASE_URL: await createDatabase(),
      APP_SECRET: TEST_SECRET,
      DATA_DIR: path.join(dataDir, 'restarted'),
      PORT: String(await freePort()),
    };
    const first = await startServerProcess(environment);
    const own = ['--data-dir', environment.DATA_DIR];
    const screen = new Program('screen', '--yes', '--server', first.url, ...own);
    const link = await screen.link();
    await first.stop();
    await screen.line('Trying again …');
    const second = await startServerProcess(environment);
    try {
      const phone = new Program('phone', link, '--server', second.url, ...own);
      expect([await phone.exitCode, await screen.exitCode]).toEqual([0, 0]);
    } finally {
      await second.stop();
    }
    expect(screen.output).toMatch(
      /is the server running\? Trying again …[^]*The server answers again\.[^]*Signed in as Demo/,
    );
    for (const text of ['Link:', 'Trying again', 'answers again']) expect(screen.output.split(text)).toHaveLength(2);
  });

  it('exit with 3 when a code has expired, and no new one is wanted', async () => {
    const hasty = await startServerProcess({
      DATABASE_URL: await createDatabase(),
      APP_SECRET: TEST_SECRET,
      TICKET_LIFE: '1',
    });
    const screen = new Program('screen', '--once', '--server', hasty.url);
    expect(await screen.exitCode).toBe(3);
    expect(screen.output).toContain('The code has expired.');
    expect(screen.output.split('Link:')).toHaveLength(2);
    await hasty.stop();
  });

  it('are the same screen the next time, and so continue without a question', async () => {
    const home = path.join(dataDir, 'home');
    const first = new Program('screen', '--yes', '--data-dir', home);
    const phones = [new Program('phone', await first.link())];
    expect(await first.exitCode).toBe(0);
    const second = new Program('screen', '--data-dir', home);
    phones.push(new Program('phone', await second.link()));
    expect(await second.exitCode).toBe(0);
    expect(second.output).toContain('Signed in as Demo');
    for (const phone of phones) expect(await phone.exitCode).toBe(0);
  });

  it('sign no account in that is new on the screen, without a terminal to ask in', async () => {
    const screen = new Program('screen', '--data-dir', path.join(dataDir, 'unasked'));
    const link = await screen.link();
    const phone = new Program('phone', link);
    expect([await screen.exitCode, await phone.exitCode]).toEqual([1, 0]);
    expect(screen.output).toMatch(/Demo was not signed in on this device before[^]*--yes/);
    expect(screen.output).not.toContain('Signed in');
    const late = new Program('phone', link);
    expect(await late.exitCode).toBe(1);
    expect(late.output).toContain('The status of the ticket does not allow this');
  });

  it('have a key of the screen that only its owner can read, and that is in each link', async () => {
    const home = path.join(dataDir, 'keyed');
    const keys: (string | undefined)[] = [];
    while (keys.length < 2) {
      const screen = new Program('screen', '--data-dir', home);
      keys.push(ticketLink(await screen.link())?.key);
      screen.interrupt();
      await screen.exitCode;
    }
    expect(keys[0]).toMatch(/^[\w-]{22}$/);
    expect(keys[1]).toBe(keys[0]);
    expect((await fs.stat(path.join(home, 'screen-key.json'))).mode & 0o777).toBe(0o600);
  });

  it('are the same phone the next time', async () => {
    const ids: string[] = [];
    while (ids.length < 2) {
      await new Program('phone', randomUUID()).exitCode;
      ids.push(await fs.readFile(path.join(dataDir, 'phone-device-id'), 'utf8'));
    }
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(ids[1]).toBe(ids[0]);
  });

  it.each([
    ['an unknown ticket', () => [`${server.url}/l/${randomUUID()}`], 'No such ticket'],
    ['a password in the arguments', () => [randomUUID(), '--username', 'demo', '--password=x'], '--password-file'],
    ['a password that cannot be typed', () => [randomUUID(), '--username', 'demo'], 'no terminal to ask'],
    ['no file with a password', () => [randomUUID(), '--username', 'demo', '--password-file', '/none'], 'ENOENT'],
    ['no demo account', () => [randomUUID(), '--data-dir', path.join(dataDir, 'none')], '--data-dir'],
    ['no server', () => [`http://127.0.0.1:1/l/${randomUUID()}`], 'is the server running?'],
    ['a link of something else', () => ['https://example.org/'], 'is not the link of a QR code'],
  ])('report %s in one sentence', async (_what, given, sentence) => {
    const phone = new Program('phone', ...given());
    expect(await phone.exitCode).toBe(1);
    expect(phone.output).toContain(sentence);
    expect(phone.output).not.toMatch(/^ +at /m);
  });

  it('read a password from standard input, a file or the environment, without its line end', async () => {
    const username = await register(server.url, 'Grace Hopper');
    const piped = new Program('phone', randomUUID(), '--username', username, '--password-file', '-');
    piped.endInput(`${PASSWORD}\n`);
    const file = path.join(dataDir, 'password');
    await fs.writeFile(file, `${PASSWORD}\r\n`);
    const read = new Program('phone', randomUUID(), '--username', username, '--password-file', file);
    const wrong = new Program('phone', randomUUID(), '--username', username, '--password-file', '-');
    wrong.endInput('not this one');
    const inherited = new WithPassword('phone', randomUUID(), '--username', username);
    for (const phone of [piped, read, inherited, wrong]) expect(await phone.exitCode).toBe(1);
    for (const phone of [piped, read, inherited]) expect(phone.output).toContain('Signed in as Grace Hopper');
    expect(wrong.output).toContain('password is wrong');
  });
});

describe.skipIf(!hasTerminal)('the terminal programs, in a terminal', () => {
  it('ask as whom the screen goes on: no gives a new code, and yes signs in', async () => {
    const screen = new InTerminal('screen', '--data-dir', path.join(dataDir, 'asked'));
    const link = await screen.link();
    // a key pressed too early answers nothing
    screen.type('\n');
    const stranger = new Program('phone', link);
    await screen.question('Continue as Demo? [y/n]');
    screen.type('n\n');
    expect(await stranger.exitCode).toBe(0);
    expect(stranger.output).toContain('The screen went away');
    await screen.line('Here is a new one.');
    const next = await vi.waitFor(() => {
      const links = screen.lines.filter(({ text }) => text.includes('Link:'));
      expect(links).toHaveLength(2);
      return links[1]!.text.split('Link:')[1]!.trim();
    });
    const phone = new Program('phone', next);
    await vi.waitFor(() => expect(screen.shown.split('Continue as Demo?')).toHaveLength(4), { timeout: 10_000 });
    screen.type('y\n');
    expect([await screen.exitCode, await phone.exitCode]).toEqual([0, 0]);
    expect(screen.output).toContain('Signed in as Demo');
  });

  it('exit with 4 after a no, when no new code is wanted', async () => {
    const screen = new InTerminal('screen', '--once', '--data-dir', path.join(dataDir, 'refused'));
    const stranger = new Program('phone', await screen.link());
    await screen.question('Continue as Demo? [y/n]');
    screen.type('n\n');
    expect([await screen.exitCode, await stranger.exitCode]).toEqual([4, 0]);
    expect(screen.output).not.toContain('Signed in');
  });

  it('ask for a password without showing it', async () => {
    const phone = new InTerminal('phone', randomUUID(), '--username', await register(server.url, 'Grace Hopper'));
    await phone.question('Password of ada.');
    phone.type(`${PASSWORD}\r`);
    expect(await phone.exitCode).toBe(1);
    expect(phone.output).toContain('Signed in as Grace Hopper');
    expect(phone.shown).not.toContain(PASSWORD.slice(0, 5));
  });

  it('are interrupted by Ctrl-C while they ask for a password', async () => {
    const phone = new InTerminal('phone', randomUUID(), '--username', 'demo');
    await phone.question('Password of demo:');
    phone.type('\u0003');
    expect(await phone.exitCode).toBe(130);
  });
});

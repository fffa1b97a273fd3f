import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeQR } from 'qr/decode.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TEST_SECRET } from '../support/app.js';
import { createDatabase } from '../support/database.js';
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

/** One of the built programs, in a process of its own, with the time at which each of its lines came. */
class Program {
  readonly lines: { text: string; at: number }[] = [];
  readonly exitCode: Promise<number | null>;
  private readonly child;

  constructor(name: 'screen' | 'phone', ...given: string[]) {
    this.child = spawn(process.execPath, [path.resolve(`dist/apps/cli/src/${name}.js`), ...given], {
      env: { DATA_DIR: dataDir, SCAN_LOGIN_URL: server.url },
    });
    running.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface(stream).on('line', (text) => this.lines.push({ text, at: performance.now() }));
    }
    this.exitCode = once(this.child, 'close').then(([code]) => {
      running.delete(this.child);
      return code as number | null;
    });
  }

  get output(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }

  /** The first line with these words, as soon as it is there. */
  async line(words: string): Promise<{ text: string; at: number }> {
    for (let tries = 0; tries < 500; tries += 1) {
      const found = this.lines.find(({ text }) => text.includes(words));
      if (found) return found;
      await sleep(10);
    }
    throw new Error(`no line with "${words}" in:\n${this.output}`);
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

const BLACK_ON_WHITE = '\u001B[38;5;16;48;5;231m';
const RESET = '\u001B[0m';

/** What a camera would read off a dark terminal: half blocks, black on white where the colours say so. */
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
  it('sign a screen in: the code can be read, and the screen knows within a second of the confirm', async () => {
    const screen = new Program('screen', '--name', 'Rack 7');
    const link = await screen.link();
    expect(screen.output).toContain(`npm run phone -- ${link}`);
    expect(readCode(screen.output)).toBe(link);

    const phone = new Program('phone', link);
    expect([await phone.exitCode, await screen.exitCode]).toEqual([0, 0]);
    expect(phone.output).toMatch(
      /Network: [^]*Browser: [^]*System: [^]*Address: [^]*Asking since: [^]*It calls itself “Rack 7”, and says that it is a command line/,
    );
    expect(phone.output).toMatch(/Confirm only if this screen is in front of you\.\n/);
    expect(phone.output).toMatch(/Time left: +\d+ seconds/);
    expect(screen.output).toMatch(/Scanned by Demo[^]*Signed in as Demo[^]*GET \/v1\/account answers Demo/);
    const confirmed = await phone.line('Confirmed:');
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

  it('take the code back when the screen is interrupted', async () => {
    const screen = new Program('screen');
    const link = await screen.link();
    screen.interrupt();
    expect(await screen.exitCode).toBe(130);
    const phone = new Program('phone', link);
    expect(await phone.exitCode).toBe(1);
    expect(phone.output).toContain('The ticket is past');
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
    ['a wrong password', () => [randomUUID(), '--username', 'demo', '--password', 'not this one'], 'password is wrong'],
    ['no demo account', () => [randomUUID(), '--data-dir', path.join(dataDir, 'none')], '--data-dir'],
    ['no server', () => [`http://127.0.0.1:1/l/${randomUUID()}`], 'is the server running?'],
    ['a link of something else', () => ['https://example.org/'], 'is not the link of a QR code'],
  ])('tell %s in a sentence', async (_what, given, sentence) => {
    const phone = new Program('phone', ...given());
    expect(await phone.exitCode).toBe(1);
    expect(phone.output).toContain(sentence);
    expect(phone.output).not.toMatch(/^ +at /m);
  });
});

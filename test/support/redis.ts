import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.js';

export interface RedisServer {
  url: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** Whether a `redis-server` of version 7 or later (sharded pub/sub) is installed. */
export const hasRedis = isNewEnough(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout);

if (!hasRedis) {
  process.stderr.write(
    '\n! No redis-server 7 or newer was found: tests with Redis are left out. On Debian: apt-get install redis-server\n\n',
  );
  if (process.env['CI']) throw new Error('CI does not leave out the tests with Redis');
}

function isNewEnough(version: string | null): boolean {
  return Number(/v=(\d+)/.exec(version ?? '')?.[1] ?? 0) >= 7;
}

/** A new Redis without persistence. */
export async function startRedis(): Promise<RedisServer> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-redis-'));
  const port = await freePort();
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text: Buffer) => text.includes('Ready to accept connections') && resolve());
    child.once('exit', () => reject(new Error('redis-server ended at once')));
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: child.pid!,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await ended;
      await fs.rm(directory, { recursive: true, force: true });
    },
  };
}

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../packages/support/free-port.mjs';

/**
 * A Redis of one's own, which keeps nothing.
 * @param {import('./belongings.mjs').Belongings} belongings
 * @returns {Promise<{ url: string } | undefined>} nothing where there is none new enough
 */
export async function startRedis(belongings) {
  const version = spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout;
  if (Number(/v=(\d+)/.exec(version ?? '')?.[1] ?? 0) < 7) return undefined;
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const ended = once(child, 'exit');
  belongings.add(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => text.includes('Ready to accept connections') && resolve(undefined));
    child.once('exit', () => reject(new Error('redis-server ended at once')));
  });
  return { url: `redis://127.0.0.1:${port}` };
}

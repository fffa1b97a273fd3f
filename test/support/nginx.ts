import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.js';

/** Debian has it outside of an ordinary user's PATH. */
const PATH = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`;
const OURS = path.resolve('deploy/nginx');
const NOBODY = 65_534;

/** Whether `nginx` is installed. */
export const hasNginx = spawnSync('nginx', ['-v'], { env: { PATH } }).status === 0;

if (!hasNginx) {
  process.stderr.write(
    '\n! No nginx was found: tests with a proxy are left out. On Debian: apt-get install --no-install-recommends nginx\n\n',
  );
  if (process.env['CI']) throw new Error('CI does not leave out the tests with nginx');
}

export interface Nginx {
  url: string;
  port: number;
  /** Lines of its error log. */
  errors(): string;
  stop(): Promise<void>;
}

/**
 * A real nginx with the configuration of this repository, in front of these instances, without privileges. Only what
 * the included files exist for differs: where the instances are, where it listens, and which proxy is in front.
 * @param instances ports
 * @param frontProxy `FRONT_PROXY` of .env
 */
export async function startNginx(instances: number[], frontProxy = '192.0.2.1'): Promise<Nginx> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-nginx-'));
  const port = await freePort();
  await fs.copyFile(path.join(OURS, 'nginx.conf'), path.join(directory, 'nginx.conf'));
  await fs.writeFile(path.join(directory, 'instances.conf'), await instancesAt(instances));
  await fs.writeFile(path.join(directory, 'listen.conf'), listenOn(port, directory));
  await fs.mkdir(path.join(directory, 'conf.d'));
  await fs.writeFile(path.join(directory, 'conf.d/front-proxy.conf'), await withFront(frontProxy));
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (identity.uid) await fs.chown(directory, identity.uid, identity.gid);
  const command = ['-p', directory, '-e', 'stderr', '-c', 'nginx.conf', '-g', 'daemon off; pid nginx.pid;'];
  const child = spawn('nginx', command, { env: { PATH }, stdio: ['ignore', 'ignore', 'pipe'], ...identity });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const ended = once(child, 'exit');
  await Promise.race([
    answersAt(`http://127.0.0.1:${port}/metrics`),
    ended.then(() => Promise.reject(new Error(`nginx ended at once:\n${errors}`))),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    errors: () => errors,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      await fs.rm(directory, { recursive: true, force: true });
    },
  };
}

/** Our file, with other addresses. */
async function instancesAt(ports: number[]): Promise<string> {
  const ours = await fs.readFile(path.join(OURS, 'instances.conf'), 'utf8');
  const addresses = ours.match(/(?<=^ *server )\S+/gm) ?? [];
  if (addresses.length !== ports.length) throw new Error(`instances.conf names ${addresses.length} instances`);
  return ports.reduce((text, port, nth) => text.replace(addresses[nth]!, `127.0.0.1:${port}`), ours);
}

/** The file as the image makes it from the template. */
async function withFront(frontProxy: string): Promise<string> {
  const template = await fs.readFile(path.join(OURS, 'templates/front-proxy.conf.template'), 'utf8');
  return template.replaceAll('${FRONT_PROXY}', frontProxy);
}

/** Without privileges, nginx cannot write to its usual directories. */
function listenOn(port: number, directory: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const places = kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`);
  return [`listen 127.0.0.1:${port} backlog=16384;`, ...places].join('\n');
}

/** The response of nginx itself, without an instance. */
async function answersAt(url: string): Promise<void> {
  for (;;) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../config.js';
import { START } from '../installation.js';
import { reasonOf } from '../reason-of.js';

/** The server cannot listen on its port. `message` says why, and what to type. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';

  constructor(cause: unknown) {
    super(adviceOn(cause as ListenError), { cause });
  }
}

/**
 * Opens the port of the server, and closes it again, before anything else is started.
 * @throws CannotListen
 */
export async function checkPort({ PORT, HOST }: Config): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen({ port: PORT, host: HOST, exclusive: true }), 'listening');
  } catch (error) {
    throw new CannotListen(error);
  } finally {
    probe.close();
  }
}

type ListenError = NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string };

function adviceOn(error: ListenError): string {
  const { code, address, port, hostname } = error;
  const place = `port ${port} of ${address}`;
  switch (code) {
    case 'EADDRINUSE':
      return `${place} is taken by another program.\nTake another port: ${start(`PORT=${other(port)}`)}\nOr find that program, and end it: ${find(port)}`;
    case 'EACCES':
      return `this user may not listen on ${place}.\nTake a port above 1023: ${start('PORT=3000')}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST is ${hostname ?? address}, which is no address of this machine.\nListen on all that it has: ${start('HOST=0.0.0.0')}`;
    default:
      return reasonOf(error);
  }
}

const isWindows = process.platform === 'win32';

function start(setting: string): string {
  return isWindows ? `set ${setting} && ${START}` : `${setting} ${START}`;
}

/** The next port, which is probably free. */
function other(port = 3000): number {
  return port < 65_535 ? port + 1 : 3000;
}

function find(port?: number): string {
  if (isWindows) return `netstat -ano | findstr :${port}`;
  return process.platform === 'linux' ? `ss -ltnp 'sport = :${port}'` : `lsof -nP -iTCP:${port} -sTCP:LISTEN`;
}

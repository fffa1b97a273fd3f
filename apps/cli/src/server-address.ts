import type { PhoneArguments } from './arguments.js';
import { print } from './output.js';
import { Failure } from './program.js';

const TIMEOUT_MS = 3_000;

/**
 * The address of the server: that in the link, or localhost. The address in the link is for phones in the network; it
 * may not be reachable from here, for example from inside a container.
 * @throws Failure | the reason of `signal`
 */
export async function serverAddress({ server, isServerGiven }: PhoneArguments, signal: AbortSignal): Promise<string> {
  if (await responds(server, signal)) return server;
  const { protocol, hostname, port } = new URL(server);
  const local = `http://localhost:${port || 80}`;
  const hasLocal = !isServerGiven && protocol === 'http:' && hostname !== 'localhost';
  if (hasLocal && (await responds(local, signal))) {
    print(`Nothing answers at ${server}: trying ${local} instead.`);
    return local;
  }
  throw new Failure(
    `Nothing answers at ${server}: is the server running? Start it, or give its address with --server.`,
  );
}

/** True for any response. */
async function responds(server: string, signal: AbortSignal): Promise<boolean> {
  try {
    const request = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(`${server}/livez`, { redirect: 'manual', signal: request });
    await response.body?.cancel();
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

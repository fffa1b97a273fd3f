import type { Config } from '../../config.js';
import { guessPublicUrl } from '../../public-url.js';
import { fail, type Finding, ok, warn } from './check.js';
import { type Reached, reach } from './reach.js';

export async function checkPublicUrl(config: Config): Promise<Finding> {
  if (config.PUBLIC_URL === undefined) return guessed(config);
  return judge(config, config.PUBLIC_URL, await reach(config.PUBLIC_URL));
}

function guessed({ PORT }: Config): Finding {
  const { url, isLocalOnly } = guessPublicUrl(PORT);
  const advice = 'Set PUBLIC_URL to the address at which phones and screens reach the server';
  if (isLocalOnly) return warn('This machine has no network address, so no other device can open the codes', advice);
  return ok(`PUBLIC_URL is not set: the codes contain ${url}`);
}

async function judge(config: Config, url: string, reached: Reached): Promise<Finding> {
  if (reached === 'another program') {
    return fail(`The server at ${url} is not scan-login`, 'Correct PUBLIC_URL, or the route in the proxy');
  }
  if (typeof reached === 'object') {
    const message = `${url} cannot be reached from here: ${reached.refusedWith}`;
    if ((await reach(localUrl(config))) === 'scan-login') {
      return fail(message, 'The server runs: correct PUBLIC_URL, its DNS name, its certificate or the proxy');
    }
    return warn(message, 'Start the server and run doctor again: nothing listens on its port here');
  }
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || isLoopback(hostname)) return ok(`${url} responds`);
  const advice = 'Put a proxy that speaks TLS in front, and set PUBLIC_URL to its https address';
  const message = `${url} responds without TLS: tokens can be read on the network, and phones refuse access to the camera`;
  return config.isProduction ? fail(message, advice) : warn(message, advice);
}

function localUrl({ HOST, PORT }: Config): string {
  const host = ['0.0.0.0', '::'].includes(HOST) ? '127.0.0.1' : HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

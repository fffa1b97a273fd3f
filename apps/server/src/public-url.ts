import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

const GUESS_AGAIN_MS = 5_000;

export interface PublicUrl {
  url: string;
  /** No phone can reach it: the machine has no address in a network. */
  isLocalOnly: boolean;
}

/** Where a phone beside this machine can reach it, if nobody has configured it. */
export function guessPublicUrl(port: number): PublicUrl {
  const address = lanAddress();
  return { url: `http://${address ?? 'localhost'}:${port}`, isLocalOnly: address === undefined };
}

let guess: { port: number; url: string; until: number } | undefined;

/** The same, asked for with each link: a laptop moves from one network to another, but not every second. */
export function guessedPublicUrl(port: number): string {
  if (!guess || guess.port !== port || guess.until < performance.now()) {
    guess = { port, url: guessPublicUrl(port).url, until: performance.now() + GUESS_AGAIN_MS };
  }
  return guess.url;
}

/** The first IPv4 address of a network, private ones first: phones at home or at work are in those. */
function lanAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(
      (entry) => entry.family === 'IPv4' && !entry.internal && ipaddr.parse(entry.address).range() !== 'linkLocal',
    )
    .map((entry) => entry.address);
  return addresses.find((address) => ipaddr.parse(address).range() === 'private') ?? addresses[0];
}

import { ownAddresses } from '#libs/common';
import ipaddr from 'ipaddr.js';

/** Ranges in which an address says something only within its own subnet, which is taken to be a /24 or /64. */
const LOCAL_RANGES = new Set(['private', 'linkLocal', 'uniqueLocal']);

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Whether two addresses look like one network: the same public IPv4 address (they share a router), the same IPv6 /64,
 * the same private IPv4 /24, or the same machine. A hint for a person, never a permission.
 */
export function isSameNetwork(one: string, other: string): boolean {
  if (one === other) return ipaddr.isValid(one);
  const [here, there] = [standingFor(one), standingFor(other)];
  return here.some((a) => there.some((b) => areNear(a, b)));
}

/** Loopback is this very machine, which has other addresses too: a phone beside it sees those. */
function standingFor(text: string): Address[] {
  if (!ipaddr.isValid(text)) return [];
  const address = ipaddr.process(text);
  return address.range() === 'loopback'
    ? [address, ...ownAddresses().map((own) => ipaddr.process(own.address))]
    : [address];
}

function areNear(a: Address, b: Address): boolean {
  if (a.range() === 'loopback' && b.range() === 'loopback') return true;
  if (a instanceof ipaddr.IPv6 && b instanceof ipaddr.IPv6) return a.match(b, 64);
  if (a instanceof ipaddr.IPv4 && b instanceof ipaddr.IPv4) return a.match(b, LOCAL_RANGES.has(a.range()) ? 24 : 32);
  return false;
}

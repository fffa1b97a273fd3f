import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

/**
 * The network that an address stands for when calls are counted: an IPv4 address, or the /64 that whoever has an IPv6
 * address has all of.
 * @returns nothing for loopback, which is a proxy that nobody told us to trust, or a program on this machine: it tells
 *   nothing of who calls
 */
export function networkOf(ip: string): string | undefined {
  return networks.memo(ip).network;
}

const networks = new LRUCache<string, { network?: string }>({
  max: 10_000,
  memoMethod: (ip) => ({ network: read(ip) }),
});

function read(ip: string): string | undefined {
  if (!ipaddr.isValid(ip)) return undefined;
  const address = ipaddr.process(ip);
  if (address.range() === 'loopback') return undefined;
  return address instanceof ipaddr.IPv6 ? address.toNormalizedString().split(':', 4).join(':') : address.toString();
}

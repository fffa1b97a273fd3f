import ipaddr from 'ipaddr.js';

/** Ranges in which an address says something only within its own subnet, which is taken to be a /24 or /64. */
const LOCAL_RANGES = new Set(['private', 'linkLocal', 'uniqueLocal']);

/**
 * Whether two addresses look like one network: the same public IPv4 address (they share a router), the same IPv6 /64,
 * the same private IPv4 /24, or the same machine. A hint for a person, never a permission.
 */
export function isSameNetwork(one: string, other: string): boolean {
  if (!ipaddr.isValid(one) || !ipaddr.isValid(other)) return false;
  const [a, b] = [ipaddr.process(one), ipaddr.process(other)];
  if (a.range() === 'loopback' && b.range() === 'loopback') return true;
  if (a instanceof ipaddr.IPv6 && b instanceof ipaddr.IPv6) return a.match(b, 64);
  if (a instanceof ipaddr.IPv4 && b instanceof ipaddr.IPv4) return a.match(b, LOCAL_RANGES.has(a.range()) ? 24 : 32);
  return false;
}

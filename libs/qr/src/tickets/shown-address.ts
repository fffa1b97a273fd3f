import ipaddr from 'ipaddr.js';

/** Prefix lengths that show the provider or the region, but not the household. */
const NETWORK_BITS = { ipv4: 24, ipv6: 48 } as const;

/**
 * The part of the screen's address in a scan response. A stranger who photographs the code may scan it, too.
 * @param isNear whether the phone may see the whole address: it shares the network, or the account is known there
 * @returns the address, or its network in CIDR notation
 */
export function shownAddress(ip: string, isNear: boolean): string {
  if (!ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  if (isNear) return address.toString();
  const bits = NETWORK_BITS[address.kind()];
  const family = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${address.toString()}/${bits}`).toString()}/${bits}`;
}

import ipaddr from 'ipaddr.js';

/** Prefix lengths that tell the provider or the place, but not the household. */
const NETWORK_BITS = { ipv4: 24, ipv6: 48 } as const;

/**
 * What a scan response tells of the screen's address, since a stranger who photographs the code may scan it.
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

import ipaddr from 'ipaddr.js';

/** What an address is part of, in bits: as much as tells the provider or the place, and not the household. */
const NETWORK_BITS = { ipv4: 24, ipv6: 48 } as const;

/**
 * As much of a screen's address as its scan answer tells: a stranger who photographs the code may scan it.
 * @param isNear whether all of it is no news to the phone
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

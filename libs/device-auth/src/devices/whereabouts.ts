import ipaddr from 'ipaddr.js';

/** Where a device is. Null for what is not known. */
export interface Whereabouts {
  /** In CIDR form, as of `wideNetworkOf`. */
  network: string | null;
  /** In English, such as `Berlin, Germany`. */
  place: string | null;
}

/**
 * Knows in which city or country addresses are. Optional: an application provides it in a global module, from a database
 * of its choice.
 */
export abstract class Places {
  /** @returns in English, such as `Berlin, Germany`, or `Germany` where no more is known; null for an unknown address */
  abstract of(ip: string): string | null;
}

/** Prefix lengths that show the provider or the region, but not the household. */
const NETWORK_BITS = { ipv4: 24, ipv6: 48 } as const;

/** @returns the network around an address, in CIDR form; null if it is not an address */
export function wideNetworkOf(ip: string): string | null {
  if (!ipaddr.isValid(ip)) return null;
  const address = ipaddr.process(ip);
  const bits = NETWORK_BITS[address.kind()];
  const family = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${address.toString()}/${bits}`).toString()}/${bits}`;
}

/** @param places nothing if the application does not know where addresses are */
export function whereaboutsOf(ip: string, places?: Places): Whereabouts {
  return { network: wideNetworkOf(ip), place: places?.of(ip) ?? null };
}

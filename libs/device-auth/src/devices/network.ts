import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

/** What stands for the address of a client that cannot be told. RFC 7239 has the same word for it. */
export const UNKNOWN_ADDRESS = 'unknown';

/** How addresses are counted. */
export interface CountingOptions {
  /**
   * Calls from this machine itself are not counted, which is for development. In production they come from a proxy that
   * `TRUST_PROXY` does not name, and then all clients behind it share one limit.
   */
  exemptLoopback?: boolean;
  /** Whether this is the address of a proxy: it belongs to no client, and is counted like one that cannot be read. */
  isProxy?: (ip: string) => boolean;
}

/** A network that a call is counted for. */
export interface CountedNetwork {
  /** An IPv4 address, an IPv6 network in CIDR form, `loopback`, or `unknown`. */
  name: string;
  /** How often it has the limit of one address. */
  factor: number;
}

/**
 * One client has a whole /64 of IPv6 at least, often a /56 or a /48. Other clients may be in the wider ones too (a mobile
 * network gives each phone a /64 of one /48), so these have a multiple of the limit: not one limit, and not 65,536.
 */
const IPV6_FACTORS: readonly [bits: number, factor: number][] = [
  [64, 1],
  [56, 4],
  [48, 16],
];
/** All clients whose address is not known share one limit. It is small, so that it is noticed before it is abused. */
const UNKNOWN: readonly CountedNetwork[] = [{ name: UNKNOWN_ADDRESS, factor: 0.1 }];
const LOOPBACK: readonly CountedNetwork[] = [{ name: 'loopback', factor: 1 }];
const NONE: readonly CountedNetwork[] = [];

/**
 * Reads an address in the forms in which sockets and proxies write it: with a port, in brackets, with a zone, IPv4 as IPv6.
 * @returns its shortest form, or nothing where it cannot be read
 */
export function readAddress(text: string | undefined): string | undefined {
  return text === undefined ? undefined : readings.memo(text.slice(0, LONGEST)).ip;
}

/**
 * The networks that a call from this address is counted for, the narrowest first. A call that is refused for one of them
 * should not be counted for the wider ones.
 * @param ip in any form; one that cannot be read is counted as `unknown`, together with all others of the kind
 * @returns none where it is exempt
 */
export function networksOf(ip: string | undefined, options: CountingOptions = {}): readonly CountedNetwork[] {
  const reading = readings.memo((ip ?? '').slice(0, LONGEST));
  if (reading.networks === LOOPBACK && options.exemptLoopback) return NONE;
  return reading.ip !== undefined && options.isProxy?.(reading.ip) ? UNKNOWN : reading.networks;
}

interface Reading {
  ip?: string;
  networks: readonly CountedNetwork[];
}

/** No address in any form is longer, and none that is should be kept. */
const LONGEST = 100;

/** Clients call more than once, and reading an address takes longer than looking it up. */
const readings = new LRUCache<string, Reading>({ max: 10_000, memoMethod: read });

function read(text: string): Reading {
  const [, inBrackets, beforePort] = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(text.trim()) ?? [];
  const bare = (inBrackets ?? beforePort ?? text.trim()).replace(/%.*$/, '');
  // stricter than ipaddr.js, which takes `1` and `0x7f.1` for addresses
  if (isIP(bare) === 0) return { networks: UNKNOWN };
  const address = ipaddr.process(bare);
  return { ip: address.toString(), networks: networksAround(address) };
}

function networksAround(address: ipaddr.IPv4 | ipaddr.IPv6): readonly CountedNetwork[] {
  if (address.range() === 'loopback') return LOOPBACK;
  if (address instanceof ipaddr.IPv4) return [{ name: address.toString(), factor: 1 }];
  return IPV6_FACTORS.map(([bits, factor]) => {
    const network = ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${bits}`);
    return { name: `${network.toString()}/${bits}`, factor };
  });
}

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

/** The address of a client when it is not known, as in RFC 7239. */
export const UNKNOWN_ADDRESS = 'unknown';

/** How addresses are counted. */
export interface CountingOptions {
  /**
   * Calls from this machine are not counted: for development. In production they come from a proxy that `TRUST_PROXY`
   * does not name, and then all clients behind it share one limit.
   */
  exemptLoopback?: boolean;
  /** Whether an address belongs to a proxy. It is counted as `unknown`. */
  isProxy?: (ip: string) => boolean;
}

/** A network for which a call is counted. */
export interface CountedNetwork {
  /** An IPv4 address, an IPv6 network in CIDR form, `loopback`, or `unknown`. */
  name: string;
  /** Its limit, as a multiple of that of one address. */
  factor: number;
}

/**
 * An IPv6 client has at least a whole /64, often a /56 or a /48. A wider network may also contain other clients (a
 * mobile network gives each phone a /64 of one /48), so it has a multiple of the limit: neither one limit nor 65,536.
 */
const IPV6_FACTORS: readonly [bits: number, factor: number][] = [
  [64, 1],
  [56, 4],
  [48, 16],
];
/** All clients whose address is not known share one limit. It is small, so that a wrong setup is noticed early. */
const UNKNOWN: readonly CountedNetwork[] = [{ name: UNKNOWN_ADDRESS, factor: 0.1 }];
const LOOPBACK: readonly CountedNetwork[] = [{ name: 'loopback', factor: 1 }];
const NONE: readonly CountedNetwork[] = [];

/**
 * Parses an address in the forms in which sockets and proxies write it: with a port, in brackets, with a zone, IPv4 as
 * IPv6.
 * @returns its shortest form, or nothing if it is not an address
 */
export function readAddress(text: string | undefined): string | undefined {
  return text === undefined ? undefined : readings.memo(text.slice(0, LONGEST)).ip;
}

/**
 * The networks for which a call from this address is counted, the narrowest first. A call that is refused for one of
 * them should not be counted for the wider ones.
 * @param ip in any form; all that cannot be parsed are counted together as `unknown`
 * @returns none if it is exempt
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

/** No form of an address is longer, and longer texts are not worth keeping. */
const LONGEST = 100;

/** Clients call more than once, and parsing an address takes longer than finding it here. */
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

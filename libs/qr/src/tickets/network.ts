import { ownAddresses } from '@scan-login/nest/common';
import ipaddr from 'ipaddr.js';
import type { QrOptions } from '../qr.options.js';

/** Whether screen and phone seem to be in the same network. */
export const NETWORKS = ['same', 'different', 'unknown'] as const;
export type Network = (typeof NETWORKS)[number];

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Ranges whose addresses mean the same network everywhere. Documentation ranges are `reserved`. */
const PUBLIC_RANGES = new Set(['unicast', 'reserved', '6to4']);
/** Ranges that mean something only to a server in the same network. A subnet is taken to be a /24 or /64. */
const LOCAL_RANGES = new Set(['private', 'linkLocal', 'uniqueLocal']);
/** Top-level domains reserved for local networks. Names without a dot are local too. */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa)$/;

/**
 * Compares the addresses of a screen and a phone. `same`: one public IPv4 address (they share a router), one IPv6 /64,
 * one private IPv4 /24, or both the server's own machine. `unknown`: one cannot be parsed, belongs to a proxy or a
 * carrier's NAT, or is local while the server is public; or one is IPv4 and the other IPv6.
 * A hint for people, never a permission.
 */
export function networkBetween(
  screen: string,
  phone: string,
  { publicUrl, isProxy }: Pick<QrOptions, 'publicUrl' | 'isProxy'>,
): Network {
  const isServerPublic = isPublicHost(new URL(publicUrl()).hostname);
  const addresses = [screen, phone]
    .filter((text) => ipaddr.isValid(text) && !isProxy(text))
    .map((text) => ipaddr.process(text))
    .filter((address) => tells(address, isServerPublic));
  const [one, other] = addresses;
  return one && other ? compare(one, other) : 'unknown';
}

/** Reserved names, names without a dot, and addresses that cannot be reached from the Internet are local. */
function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  if (ipaddr.isValid(host)) return PUBLIC_RANGES.has(ipaddr.process(host).range());
  return host.includes('.') && !LOCAL_NAME.test(host);
}

/** No client reaches a public server from a local address: such an address belongs to a device in between. */
function tells(address: Address, isServerPublic: boolean): boolean {
  const range = address.range();
  return PUBLIC_RANGES.has(range) || (!isServerPublic && (LOCAL_RANGES.has(range) || range === 'loopback'));
}

function compare(one: Address, other: Address): Network {
  if (isOwn(one) && isOwn(other)) return 'same';
  // two devices with the same local address are behind a router, which may connect different networks
  if (LOCAL_RANGES.has(one.range()) && one.toString() === other.toString()) return 'unknown';
  const pairs = standingFor(one).flatMap((a) =>
    standingFor(other)
      .filter((b) => a.kind() === b.kind())
      .map((b) => [a, b] as const),
  );
  if (pairs.length === 0) return 'unknown';
  return pairs.some(([a, b]) => areNear(a, b)) ? 'same' : 'different';
}

function isOwn(address: Address): boolean {
  return address.range() === 'loopback' || ownAddresses().some((own) => own.address === address.toString());
}

/**
 * A loopback address stands for the other addresses of the server's machine, which a phone can share a network with.
 */
function standingFor(address: Address): Address[] {
  return address.range() === 'loopback' ? ownAddresses().map((own) => ipaddr.process(own.address)) : [address];
}

/** @param b of the same family as `a` */
function areNear(a: Address, b: Address): boolean {
  if (a instanceof ipaddr.IPv6) return a.match(b, 64);
  return a.match(b, LOCAL_RANGES.has(a.range()) ? 24 : 32);
}

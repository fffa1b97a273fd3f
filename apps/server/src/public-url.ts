import { isIPv6 } from 'node:net';
import { ownAddresses } from '@scan-login/nest/common';
import ipaddr from 'ipaddr.js';

export interface PublicUrl {
  url: string;
  /** True when the machine has no network address, so that no phone can reach it. */
  isLocalOnly: boolean;
}

/** Guesses the address at which a phone in the same network reaches this machine. Used when PUBLIC_URL is not set. */
export function guessPublicUrl(port: number): PublicUrl {
  const [address] = lanAddresses();
  return { url: urlOf(address ?? 'localhost', port), isLocalOnly: address === undefined };
}

/** All addresses at which a server that listens on `host` is reached: the ones for this machine alone first. */
export function ownUrls(host: string, port: number): string[] {
  const isEverywhere = ['0.0.0.0', '::'].includes(host);
  const hosts = isEverywhere ? ['localhost', ...lanAddresses()] : [host];
  return hosts.map((each) => urlOf(each, port));
}

function urlOf(host: string, port: number): string {
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/**
 * The IPv4 addresses of this machine. Private ones come first, because phones at home or at work are in such networks.
 */
function lanAddresses(): string[] {
  const addresses = ownAddresses()
    .filter(({ family, address }) => family === 'IPv4' && rangeOf(address) !== 'linkLocal')
    .map(({ address }) => address);
  return addresses.sort((one, other) => Number(rangeOf(other) === 'private') - Number(rangeOf(one) === 'private'));
}

function rangeOf(address: string): string {
  return ipaddr.parse(address).range();
}

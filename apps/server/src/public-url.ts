import { ownAddresses } from '@scan-login/nest/common';
import ipaddr from 'ipaddr.js';

export interface PublicUrl {
  url: string;
  /** True when the machine has no network address, so that no phone can reach it. */
  isLocalOnly: boolean;
}

/** Guesses the address at which a phone in the same network reaches this machine. Used when PUBLIC_URL is not set. */
export function guessPublicUrl(port: number): PublicUrl {
  const address = lanAddress();
  return { url: `http://${address ?? 'localhost'}:${port}`, isLocalOnly: address === undefined };
}

/**
 * The first IPv4 address of this machine. Private ones come first, because phones at home or at work are in such
 * networks.
 */
function lanAddress(): string | undefined {
  const addresses = ownAddresses()
    .filter(({ family, address }) => family === 'IPv4' && ipaddr.parse(address).range() !== 'linkLocal')
    .map(({ address }) => address);
  return addresses.find((address) => ipaddr.parse(address).range() === 'private') ?? addresses[0];
}

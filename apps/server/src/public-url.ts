import { ownAddresses } from '@scan-login/nest/common';
import ipaddr from 'ipaddr.js';

export interface PublicUrl {
  url: string;
  /** No phone can reach it: the machine has no address in a network. */
  isLocalOnly: boolean;
}

/** Where a phone beside this machine can reach it, if nobody has configured it. */
export function guessPublicUrl(port: number): PublicUrl {
  const address = lanAddress();
  return { url: `http://${address ?? 'localhost'}:${port}`, isLocalOnly: address === undefined };
}

/** The first IPv4 address of a network, private ones first: phones at home or at work are in those. */
function lanAddress(): string | undefined {
  const addresses = ownAddresses()
    .filter(({ family, address }) => family === 'IPv4' && ipaddr.parse(address).range() !== 'linkLocal')
    .map(({ address }) => address);
  return addresses.find((address) => ipaddr.parse(address).range() === 'private') ?? addresses[0];
}

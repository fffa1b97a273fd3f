import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** Machines move from network to network, but not with every call; and asking takes longer than most else of a call. */
const KNOWN_FOR_MS = 5_000;

let known: { addresses: NetworkInterfaceInfo[]; until: number } | undefined;

/** Under which others see this machine; not loopback. */
export function ownAddresses(): NetworkInterfaceInfo[] {
  if (!known || known.until < performance.now()) {
    const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    known = { addresses: addresses.filter(({ internal }) => !internal), until: performance.now() + KNOWN_FOR_MS };
  }
  return known.addresses;
}

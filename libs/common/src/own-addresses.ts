import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** Addresses change rarely, and reading them takes longer than most other work of a request. */
const KNOWN_FOR_MS = 5_000;

let known: { addresses: NetworkInterfaceInfo[]; until: number } | undefined;

/** The addresses of this machine, without loopback. */
export function ownAddresses(): NetworkInterfaceInfo[] {
  if (!known || known.until < performance.now()) {
    const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    known = { addresses: addresses.filter(({ internal }) => !internal), until: performance.now() + KNOWN_FOR_MS };
  }
  return known.addresses;
}

import { BlockList, isIPv4 } from 'node:net';
import type { CountingOptions } from '@scan-login/nest/device-auth';
import type { Config } from '../config.js';

/** Named networks in `TRUST_PROXY`, as in Fastify. */
const NAMED: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** How the server counts addresses. */
export function countingOf({ isProduction, TRUST_PROXY }: Config): Required<CountingOptions> {
  return { exemptLoopback: !isProduction, isProxy: isAmong(TRUST_PROXY) };
}

function isAmong(networks: readonly string[]): (ip: string) => boolean {
  const list = new BlockList();
  for (const network of networks.flatMap((each) => NAMED[each] ?? each)) {
    const [address, bits] = network.split('/') as [string, string?];
    const isShort = isIPv4(address);
    list.addSubnet(address, bits === undefined ? (isShort ? 32 : 128) : Number(bits), isShort ? 'ipv4' : 'ipv6');
  }
  return (ip) => list.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6');
}

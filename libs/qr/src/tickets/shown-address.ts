import { UNKNOWN_ADDRESS, wideNetworkOf } from '@scan-login/nest/device-auth';
import ipaddr from 'ipaddr.js';

/**
 * The part of the screen's address in a scan response. A stranger who photographs the code may scan it, too.
 * @param isNear whether the phone may see the whole address: it shares the network, or the account is known there
 * @returns the address, or its network in CIDR notation, which shows the provider or the region, but not the household
 */
export function shownAddress(ip: string, isNear: boolean): string {
  if (isNear && ipaddr.isValid(ip)) return ipaddr.process(ip).toString();
  return wideNetworkOf(ip) ?? UNKNOWN_ADDRESS;
}

import { ownAddresses } from '@scan-login/nest/common';
import { Ticket } from '@scan-login/nest/qr';
import ipaddr from 'ipaddr.js';
import type { DataSource } from 'typeorm';
import type { Config } from '../../config.js';
import { countingOf } from '../../limits/counting.js';
import { fail, type Finding, ok, warn } from './check.js';
import { reach } from './reach.js';

const LIMIT_MS = 5_000;
/** The address of a client that does not exist, from a block reserved for documentation. @see RFC 5737 */
const FORGED = '203.0.113.77';

const ALIKE = 'all clients look like one client, and share one limit';

/**
 * Checks TRUST_PROXY by what the running server takes for the address of a caller: opens a ticket through PUBLIC_URL
 * with a forged X-Forwarded-For, and reads which address was stored.
 */
export async function checkProxy(config: Config, dataSource: DataSource | undefined): Promise<Finding> {
  const url = config.PUBLIC_URL;
  if (url?.startsWith('https:') && config.TRUST_PROXY.length === 0) {
    const advice = 'Set TRUST_PROXY to the addresses of the proxy, as the server sees them';
    return fail(`PUBLIC_URL is https, so a proxy is in front, but TRUST_PROXY is not set: ${ALIKE}`, advice);
  }
  if (!url || !dataSource || (await reach(url)) !== 'scan-login') {
    if (config.TRUST_PROXY.length === 0) return ok('No proxy is configured');
    return ok('TRUST_PROXY is set. It can be checked once the server responds at PUBLIC_URL');
  }
  const stored = await addressBehind(url, dataSource);
  if (stored === undefined) {
    const advice = 'Run doctor with the configuration of that server';
    return fail(`The server at ${url} uses another database than this configuration, or does not open tickets`, advice);
  }
  return judge(config, stored);
}

function judge(config: Config, stored: string): Finding {
  const { isProxy } = countingOf(config);
  const own = [...ownAddresses().map(({ address }) => address), '127.0.0.1', '::1'];
  if (stored === FORGED) {
    if (own.some(isProxy)) return ok('TRUST_PROXY names this machine: run doctor on another machine for a full check');
    const advice =
      'List only proxies in TRUST_PROXY, and no network with clients in it. Let the proxy append to X-Forwarded-For, or replace it';
    return fail('A client can claim any address: a forged X-Forwarded-For was accepted', advice);
  }
  if (own.includes(stored)) return ok('The server sees the addresses of its clients');
  if (isProxy(stored)) {
    const advice = 'Let the proxy set X-Forwarded-For (nginx: proxy_set_header X-Forwarded-For $remote_addr)';
    return fail(`The proxy at ${stored} does not send the addresses of its clients: ${ALIKE}`, advice);
  }
  if (ipaddr.parse(stored).range() === 'unicast') return ok('The server sees the addresses of its clients');
  const advice = `If ${stored} is a proxy, add it to TRUST_PROXY`;
  return warn(`The server sees this machine as ${stored}, which is not its address: it may be a proxy's`, advice);
}

/** @returns undefined if no ticket could be opened, or its row is not in this database */
async function addressBehind(url: string, dataSource: DataSource): Promise<string | undefined> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(`${url}/v1/tickets`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': FORGED },
    body: JSON.stringify({ device: { id: 'scan-login-doctor', type: 'cli', name: 'scan-login doctor' } }),
    signal,
  });
  if (response.status !== 201) return undefined;
  const { uuid, secret } = (await response.json()) as { uuid: string; secret: string };
  try {
    return (await dataSource.getRepository(Ticket).findOneBy({ uuid }))?.ip;
  } finally {
    await fetch(`${url}/v1/tickets/${uuid}`, { method: 'DELETE', headers: { 'X-Ticket-Secret': secret }, signal });
  }
}

import type { ServerResponse } from 'node:http';
import type { Cost } from '@scan-login/nest/common';
import { type CountingOptions, networksOf, UNKNOWN_ADDRESS } from '@scan-login/nest/device-auth';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Bursts } from './bursts.js';
import { CallCounts } from './call-counts.js';
import { HeldCalls } from './held-calls.js';

interface Request {
  ip: string | undefined;
  params: { uuid?: string };
}

export const COUNTING = Symbol('Counting');

/** Keeps one network from using all of an instance. Password guessing is counted separately, in device-auth. */
@Injectable()
export class NetworkLimits {
  private readonly logger = new Logger('NetworkLimits');
  private hasWarned = false;

  constructor(
    private readonly bursts: Bursts,
    private readonly counts: CallCounts,
    private readonly held: HeldCalls,
    @Inject(COUNTING) private readonly counting: CountingOptions,
  ) {}

  /** @throws Problem too_many_requests */
  async take(cost: Cost, { ip, params }: Request, response: ServerResponse): Promise<void> {
    const networks = networksOf(ip, this.counting);
    const [narrowest] = networks;
    if (!narrowest) return;
    // a client that has hung up has no address any more
    if (narrowest.name === UNKNOWN_ADDRESS && ip !== undefined) this.warn(ip);
    await this.bursts.take(cost, networks);
    await this.counts.takeForNetworks(cost, networks);
    if (params.uuid) await this.counts.take('ticket', cost, `${params.uuid.toLowerCase()} ${narrowest.name}`);
    if (cost === 'poll' || cost === 'stream') this.held.hold(networks, response);
  }

  /** Logged once: the cause is the proxy's configuration, which affects every call. */
  private warn(address: string): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.logger.warn({
      event: 'caller.unknown',
      address: address.slice(0, 64),
      fix: 'Clients share one small limit, because this address is not that of a client. TRUST_PROXY must name the proxy in front and nothing else, and the proxy must set X-Forwarded-For to the address of its client.',
    });
  }
}

import { Limited } from '#libs/common';
import { networkOf } from '#libs/device-auth';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { CallCounts } from './call-counts.js';

interface Request {
  ip: string;
  params: { uuid?: string };
}

/** Keeps one network from taking all there is. Guessing of passwords is another matter, and counted in device-auth. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly counts: CallCounts,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const cost = this.reflector.get(Limited, context.getHandler());
    if (!cost) return true;
    const { ip, params } = context.switchToHttp().getRequest<Request>();
    const network = networkOf(ip);
    if (network === undefined) return true;
    await this.counts.take('network', cost, network);
    if (params.uuid) await this.counts.take('ticket', cost, `${params.uuid} ${network}`);
    return true;
  }
}

import { applyDecorators, SetMetadata } from '@nestjs/common';
import { Problems } from '../problems/problems.decorator.js';

/**
 * What a call of a route costs, for the application's rate limits. Calls of one class cost about the same, so one
 * number limits the processor time that a caller may use.
 * - `ticket`, `scan`, `decision`: a move of a ticket, or of a session's tokens
 * - `poll`: a status call · `stream`: an event stream · `picture`: a QR code
 * - `account`, `sign-in`: a password is hashed
 * - `call`: of a session, about its account
 * - `page`: a page, a script, a document · `metrics`
 * - `probe`: a health check. Never refused, because a load balancer would take the server out of service.
 */
export type Cost =
  | 'ticket'
  | 'poll'
  | 'stream'
  | 'picture'
  | 'scan'
  | 'decision'
  | 'account'
  | 'sign-in'
  | 'call'
  | 'page'
  | 'metrics'
  | 'probe';

const COST = Symbol('cost of a route');

/** Declares the cost of a route; the application sets the limits. Also documents the problem `too_many_requests`. */
export function Limited(cost: Cost): MethodDecorator {
  return applyDecorators(SetMetadata(COST, cost), Problems('too_many_requests'));
}

export function costOf(handler: object): Cost | undefined {
  return Reflect.getMetadata(COST, handler) as Cost | undefined;
}

/** Limits the cost of an account's calls. Optional: without a provider there is no such limit. */
export interface AccountLimits {
  /**
   * @param whose id of the account, or of a session that is counted separately from its account
   * @throws Problem too_many_requests
   */
  take(cost: Cost, whose: string): Promise<void>;
}
export const AccountLimits = Symbol('AccountLimits');

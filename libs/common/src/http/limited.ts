import { applyDecorators, SetMetadata } from '@nestjs/common';
import { Problems } from '../problems/problems.decorator.js';

/**
 * What a route costs, for the application that limits it. Calls of one class cost about the same, so that one number
 * says how much processor time a caller may take.
 * - `ticket`, `scan`, `decision`: a move of a ticket, or of a session's tokens
 * - `poll`: a status call · `stream`: an event stream · `picture`: a QR code
 * - `account`, `sign-in`: a password is hashed
 * - `call`: of a session, about its account
 * - `page`: a page, a script, a document · `metrics`
 * - `probe`: whether the server is well. Never refused: a load balancer that is turned away takes the server out.
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

/** The libs name the cost of a route; the application decides how much is too much. A limit implies its problem. */
export function Limited(cost: Cost): MethodDecorator {
  return applyDecorators(SetMetadata(COST, cost), Problems('too_many_requests'));
}

export function costOf(handler: object): Cost | undefined {
  return Reflect.getMetadata(COST, handler) as Cost | undefined;
}

/** Counts what an account's calls cost. The application provides it under this name, or there is no such limit. */
export interface AccountLimits {
  /**
   * @param whose id of the account, or of a session that is counted apart from the others of its account
   * @throws Problem too_many_requests
   */
  take(cost: Cost, whose: string): Promise<void>;
}
export const AccountLimits = Symbol('AccountLimits');

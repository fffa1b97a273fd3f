import { Reflector } from '@nestjs/core';

/** What a route costs its caller, for whoever limits that. */
export type Cost = 'ticket' | 'poll' | 'scan' | 'decision' | 'account' | 'sign-in';

/** The libs name the cost of a route; the application decides how much is too much. */
export const Limited = Reflector.createDecorator<Cost>();

/** Counts what an account's calls cost. The application provides it under this name, or there is no such limit. */
export interface AccountLimits {
  /** @throws Problem too_many_requests */
  take(cost: Cost, accountId: string): Promise<void>;
}
export const AccountLimits = Symbol('AccountLimits');

import type { Whereabouts } from '@scan-login/nest/device-auth';
import type { Network } from './network.js';
import type { QrOptions } from '../qr.options.js';

/** Why a scan asks for more than one tap. */
export const REASONS = [
  'new_screen',
  'screen_without_key',
  'different_network',
  'unknown_network',
  'new_place',
  'always',
] as const;
export type Reason = (typeof REASONS)[number];

/** What is known about a screen when a phone has scanned its ticket. */
export interface Circumstances {
  hasKey: boolean;
  /** Compares the addresses of the screen and the phone. */
  between: Network;
  now: Whereabouts;
  /** At the account's last sign-in on this screen; nothing if there was none. */
  lastTime: Whereabouts | undefined;
}

/** What a confirm needs besides the tap. */
export interface Requirements {
  number: boolean;
  verification: boolean;
  reasons: Reason[];
}

/** The reasons in these circumstances; none on a screen that is known, with its key, in the network of the phone. */
export function reasonsFor({ hasKey, between, now, lastTime }: Circumstances): Reason[] {
  const found: Record<Exclude<Reason, 'always'>, boolean> = {
    new_screen: !lastTime,
    screen_without_key: !hasKey,
    different_network: between === 'different',
    unknown_network: between === 'unknown',
    new_place: lastTime !== undefined && isElsewhere(now, lastTime),
  };
  return REASONS.filter((reason) => reason !== 'always' && found[reason]);
}

/** What these reasons require, by the configuration. Whether a verification is possible, the account decides. */
export function requirementsFor(
  reasons: readonly Reason[],
  { confirmChallenge, confirmVerify }: Pick<QrOptions, 'confirmChallenge'> & Partial<Pick<QrOptions, 'confirmVerify'>>,
): Requirements {
  const asksEveryone = confirmChallenge === 'number' || confirmVerify === 'always';
  return {
    number: confirmChallenge === 'number' || (confirmChallenge === 'auto' && reasons.length > 0),
    verification: false,
    reasons: asksEveryone && reasons.length === 0 ? ['always'] : [...reasons],
  };
}

/** Compares the places if both are known, otherwise the networks. What is not known is no reason. */
function isElsewhere(now: Whereabouts, lastTime: Whereabouts): boolean {
  if (now.place !== null && lastTime.place !== null) return now.place !== lastTime.place;
  return now.network !== null && lastTime.network !== null && now.network !== lastTime.network;
}

import {
  phone,
  type ScannedTicket,
  screenLogin,
  type ScreenLoginOptions,
  type ScreenState,
  type Session,
  session,
  type SignedIn,
} from '@scan-login/client';
import { PASSWORD, register } from '../../support/actors.js';

/** A phone with the client, signed in with a new account unless one is given. */
export async function signedInPhone(server: string, username?: string, options = {}) {
  const own = session({ server, ...options });
  await own.signIn(username ?? (await register(server)), PASSWORD);
  return { session: own, ...phone(own) };
}

/** Confirms what a screen shows, as soon as it shows it. @returns the final state */
export async function signIn(phoneSession: Session, options: ScreenLoginOptions): Promise<SignedIn> {
  let ticket: ScannedTicket | undefined;
  for await (const state of screenLogin(options)) {
    if (state.at === 'waiting') ticket = await phone(phoneSession).scan(state.qrUrl);
    if (state.at === 'scanned') await ticket!.confirm(state.number);
    if (state.at === 'signed-in') return state;
  }
  throw new Error('the login is over');
}

/** The next state, which must be of this kind. */
export async function next<At extends ScreenState['at']>(steps: AsyncGenerator<ScreenState>, at: At) {
  const { value } = (await steps.next()) as IteratorResult<ScreenState, ScreenState | undefined>;
  if (value?.at !== at) throw new Error(`${at} was expected, and came ${JSON.stringify(value)}`);
  return value as Extract<ScreenState, { at: At }>;
}

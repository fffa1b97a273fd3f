import type { ScreenLoginOptions } from '@scan-login/client';
import { askYesOrNo } from './ask.js';
import { print } from './output.js';
import { Failure } from './program.js';

/**
 * Whether the person at this terminal is the account that has confirmed: a stranger who photographs the code can scan and
 * confirm it with an account of their own. Asks where the account was not signed in on this device before.
 * @throws Failure where there is no terminal to ask | the reason of `signal`
 */
export const continuesAs: NonNullable<ScreenLoginOptions['confirmAccount']> = async (account, signal) => {
  const { displayName, knownHere } = account;
  if (knownHere) return true;
  if (!process.stdin.isTTY) {
    throw new Failure(
      `${displayName} was not signed in on this device before, and there is no terminal to ask whether that is right. With --yes this screen does not ask.`,
    );
  }
  try {
    return await askYesOrNo(`Continue as ${displayName}?`, signal);
  } finally {
    // the line of a question that was not answered
    if (signal.aborted) print('');
  }
};

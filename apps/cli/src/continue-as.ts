import type { ScreenLoginOptions } from '@scan-login/client';
import { askYesOrNo } from './ask.js';
import { print } from './output.js';
import { Failure } from './program.js';

/**
 * Asks whether to sign in as the account that has confirmed, if it was not signed in on this device before. A stranger
 * who photographs the code can scan and confirm it with an account of their own.
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
    // ends the line of the unanswered question
    if (signal.aborted) print('');
  }
};

import { askYesOrNo } from './ask.js';
import { Failure } from './program.js';
import { say } from './say.js';
import type { Decided } from './screen-ticket.js';

/** The account is new here, and there is no terminal to ask a person about it. */
export class CannotAsk extends Failure {}

/**
 * Whether the person at this terminal is the account that has confirmed: a stranger who photographs the code can scan and
 * confirm it with an account of their own. Asks where the account was not signed in on this device before.
 * @returns nothing when the time to answer is over
 * @throws CannotAsk | the reason of `signal`
 */
export async function continuesAs(
  { account, expiresIn = 60 }: Decided,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (account?.knownHere) return true;
  const name = account?.displayName ?? 'the account that confirmed';
  if (!process.stdin.isTTY) {
    throw new CannotAsk(
      `${name} was not signed in on this device before, and there is no terminal to ask whether that is right. With --yes this screen does not ask.`,
    );
  }
  const late = AbortSignal.timeout(expiresIn * 1000);
  try {
    return await askYesOrNo(`Continue as ${name}?`, AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    say('');
    return undefined;
  }
}

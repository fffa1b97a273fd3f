import type { ScannedTicket } from '@scan-login/client';
import type { PhoneArguments } from './arguments.js';
import { ask } from './ask.js';
import { print } from './output.js';
import { Failure } from './program.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { withRetries } from './with-retries.js';

const OUTCOMES: Record<Outcome, string> = {
  'signed-in': 'The screen is signed in.',
  'not-signed-in': 'The screen was not signed in.',
  unknown: 'The screen has not reported that it is signed in.',
};

/**
 * Confirms or denies, as the arguments or the person say.
 * @throws ScanLoginError | Failure | the reason of `signal`
 */
export async function decide(ticket: ScannedTicket, given: PhoneArguments, signal: AbortSignal): Promise<void> {
  const decision = given.decision === 'ask' ? await askPerson(signal) : given.decision;
  if (decision === 'confirm') {
    const number = await numberFor(ticket, given.number, signal);
    await withRetries(signal, () => ticket.confirm(number, { signal }));
    print('Confirmed: waiting for the screen …');
    print(OUTCOMES[await outcomeOf(ticket, signal)]);
  } else {
    await withRetries(signal, () => ticket.deny(decision, { signal }));
    print(decision === 'not_me' ? 'Denied, and reported that it was not you.' : 'Denied.');
  }
}

async function askPerson(signal: AbortSignal): Promise<'confirm' | 'declined'> {
  return /^y(es)?$/i.test(await ask('Confirm? [y/N]', signal)) ? 'confirm' : 'declined';
}

async function numberFor({ requires }: ScannedTicket, given: string | undefined, signal: AbortSignal) {
  if (!requires.number) return undefined;
  const number = given ?? (await ask('Which number does the screen show?', signal));
  if (!/^\d+$/.test(number))
    throw new Failure('The number that the screen shows is needed, in digits only; --number NN gives it.');
  return number;
}

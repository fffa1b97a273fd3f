import type { ScannedTicket, TicketOutcome } from '@scan-login/client';
import type { PhoneArguments } from './arguments.js';
import { ask } from './ask.js';
import { print } from './output.js';
import { Failure } from './program.js';
import { withRetries } from './with-retries.js';

const OUTCOMES: Record<TicketOutcome, string> = {
  redeemed: 'The screen is signed in.',
  cancelled: 'The screen went away: it is not signed in.',
  expired: 'The screen went away: it is not signed in.',
  denied: 'The screen is not signed in.',
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
    print('Confirmed. Waiting for the screen …');
    print(OUTCOMES[await ticket.outcome({ signal })]);
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

import { type Account, session, type SignedIn } from '@scan-login/client';
import { duration } from './format.js';
import { print } from './output.js';
import { Failure } from './program.js';
import { terminalFetch } from './terminal-fetch.js';
import { withRetries } from './with-retries.js';

/** Seconds. */
const RETRY_FOR = 300;

/**
 * Says who is signed in, and makes a call with the new tokens to show that they work.
 * @throws ScanLoginError | Failure | the reason of `signal`
 */
export async function welcome(server: string, signedIn: SignedIn, signal: AbortSignal): Promise<void> {
  const { account, session: begun, expiresIn, refreshExpiresIn } = signedIn.tokens;
  const expiry = new Date(Date.now() + expiresIn * 1000).toLocaleTimeString();
  print(
    `Confirmed. Signed in as ${account.displayName}.`,
    `  Account:         ${account.id}`,
    `  Session:         ${begun.id}`,
    `                   ends after ${duration(refreshExpiresIn)} without use`,
    `  Access token:    expires in ${duration(expiresIn)}, at ${expiry}`,
  );
  const own = session({ server, fetch: terminalFetch });
  await own.begin(signedIn);
  const ask = () => own.call<Account>('/v1/account', { signal });
  const { id, displayName } = await withRetries(signal, ask, RETRY_FOR);
  if (id !== account.id) throw new Failure('The access token belongs to another account than the one that confirmed.');
  print(`  It works:        GET /v1/account answers ${displayName}`);
}

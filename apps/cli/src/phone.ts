// A phone in the terminal: signs in, scans, shows which screen asks, and decides.
import { phone, ScanLoginError, type Session, session } from '@scan-login/client';
import { PHONE_HELP, type PhoneArguments, phoneArguments } from './arguments.js';
import { decide } from './decide.js';
import { type Credentials, demoAccount } from './demo-account.js';
import { deviceId } from './device-id.js';
import { errorMessage } from './error-message.js';
import { print, printError } from './output.js';
import { readPassword } from './password.js';
import { Failure, run } from './program.js';
import { serverAddress } from './server-address.js';
import { terminalFetch } from './terminal-fetch.js';
import { showWhoAsks } from './who-asks.js';
import { withRetries } from './with-retries.js';

const SIGN_OUT_MS = 3_000;

await run(async (signal) => {
  const given = phoneArguments(process.argv.slice(2));
  if (!given) {
    print(...PHONE_HELP.trim().split('\n'));
    return 0;
  }
  const { username, password } = await credentialsOf(given, signal);
  const own = session({
    server: await serverAddress(given, signal),
    device: { id: await deviceId(given.dataDir, 'phone'), type: 'phone', name: 'Terminal phone' },
    fetch: terminalFetch,
  });
  await withRetries(signal, () => own.signIn(username, password, { signal })).catch((error: unknown) => {
    throw given.account ? error : withHint(error, given.dataDir);
  });
  const { displayName } = own.current!.account;
  print(`Signed in as ${displayName}.`);
  try {
    const ticket = await withRetries(signal, () => phone(own).scan(given.link, { signal }));
    showWhoAsks(ticket, displayName);
    await decide(ticket, given, signal);
  } finally {
    await signOut(own);
  }
  return 0;
});

async function credentialsOf({ account, dataDir }: PhoneArguments, signal: AbortSignal): Promise<Credentials> {
  if (!account) return demoAccount(dataDir);
  const { username, password } = account;
  return { username, password: await readPassword(password, username, signal) };
}

/** Signs this phone out after its one scan, even after an interruption. */
async function signOut(own: Session): Promise<void> {
  try {
    await own.call('/v1/sessions/current', { method: 'DELETE', timeout: SIGN_OUT_MS });
    print('Signed out.');
  } catch (error) {
    const reason = error instanceof ScanLoginError ? errorMessage(error) : String(error);
    printError(`Could not sign out: ${reason}`);
  }
}

function withHint(error: unknown, dataDir: string): unknown {
  if (!(error instanceof ScanLoginError && error.code === 'invalid_credentials')) return error;
  return new Failure(
    `${errorMessage(error)} The demo account in ${dataDir} may belong to another server: give the data directory of this one with --data-dir.`,
  );
}

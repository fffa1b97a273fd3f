// A phone in the terminal: signs in, scans, shows which screen asks, and decides.
import { Api, ProblemError, UnreachableError } from './api.js';
import { PHONE_HELP, type PhoneArguments, phoneArguments } from './arguments.js';
import { ask } from './ask.js';
import { deviceId } from './device-id.js';
import { readPassword } from './password.js';
import { type Credentials, demoAccount } from './phone-belongings.js';
import { PhoneSession, type Scan } from './phone-session.js';
import { Failure, run } from './program.js';
import { complain, inWords, quotable, say } from './say.js';

const SCREEN_TYPES: Record<string, string> = {
  web: 'a web page',
  desktop: 'a desktop program',
  tv: 'a TV',
  cli: 'a command line',
};

const NETWORKS = {
  same: 'the same as that of this phone',
  different: 'NOT the one that this phone is in',
  unknown: 'NOT known whether it is near this phone',
};

/** What the server could not read may be any text. */
const ADDRESS = /^[\da-f.:]{2,45}(\/\d{1,3})?$/i;

const OUTCOMES: Record<string, string> = {
  true: 'The screen is signed in.',
  false: 'The screen was not signed in.',
  undefined: 'The screen has not said that it is signed in.',
};

await run(async (signal) => {
  const given = phoneArguments(process.argv.slice(2));
  if (!given) {
    say(...PHONE_HELP.trim().split('\n'));
    return 0;
  }
  const credentials = await credentialsOf(given, signal);
  const api = await reach(given, signal);
  const phone = await PhoneSession.start(api, await deviceId(given.dataDir, 'phone'), credentials).catch(
    (error: unknown) => {
      throw given.account ? error : withHint(error, given.dataDir);
    },
  );
  say(`Signed in as ${phone.displayName}.`);
  try {
    await decide(phone, given);
  } finally {
    await signOut(phone, api.server);
  }
  return 0;
});

async function credentialsOf({ account, dataDir }: PhoneArguments, signal: AbortSignal): Promise<Credentials> {
  if (!account) return demoAccount(dataDir);
  const { username, password } = account;
  return { username, password: await readPassword(password, username, signal) };
}

/** The address in the link is for phones in the network; from inside a container, say, it may lead nowhere. */
async function reach({ server, isServerGiven }: PhoneArguments, signal: AbortSignal): Promise<Api> {
  const { protocol, hostname, port } = new URL(server);
  const fallback = `http://localhost:${port || 80}`;
  const api = new Api(server, signal);
  if (await answers(api)) return api;
  if (!isServerGiven && protocol === 'http:' && hostname !== 'localhost') {
    const local = new Api(fallback, signal);
    if (await answers(local)) {
      say(`Nothing answers at ${server}: trying ${fallback} instead.`);
      return local;
    }
  }
  throw new Failure(`Nothing answers at ${server}: is the server running? Start it, or say where it is with --server.`);
}

/** Whatever it answers: somebody is there. */
async function answers(api: Api): Promise<boolean> {
  try {
    await api.call('GET', '/livez', { timeout: 3 });
    return true;
  } catch (error) {
    if (error instanceof ProblemError) return true;
    if (error instanceof UnreachableError) return false;
    throw error;
  }
}

async function decide(phone: PhoneSession, given: PhoneArguments): Promise<void> {
  const { uuid } = given;
  const scan = await phone.scan(uuid);
  show(scan, phone.displayName);
  const decision = given.decision === 'ask' ? await askPerson(phone.signal) : given.decision;
  if (decision === 'confirm') {
    await phone.confirm(uuid, scan, await numberFor(scan, given.number, phone.signal));
    say('Confirmed: waiting for the screen …');
    const isSignedIn = await phone.outcome(uuid, scan);
    say(OUTCOMES[String(isSignedIn)]!);
  } else {
    await phone.deny(uuid, scan, decision);
    say(decision === 'not_me' ? 'Denied: it was somebody else.' : 'Denied.');
  }
}

/** What the server saw comes first; what the screen says of itself comes last, as a claim. */
function show({ screen, expiresIn }: Scan, displayName: string): void {
  const kind = SCREEN_TYPES[screen.type] ?? 'unknown';
  const claim = screen.name
    ? `It calls itself “${quotable(screen.name)}”, and says that it is ${kind}.`
    : `It says that it is ${kind}.`;
  say(
    `A screen asks to be signed in as ${quotable(displayName)}:`,
    `  Network:       ${NETWORKS[screen.network ?? 'unknown']}`,
    `  Browser:       ${screen.browser ?? 'unknown'}`,
    `  System:        ${screen.os ?? 'unknown'}`,
    `  Address:       ${ADDRESS.test(screen.ip) ? screen.ip : 'unknown'}`,
    `  Asking since:  ${screen.openedAt ? new Date(screen.openedAt).toLocaleTimeString() : 'unknown'}`,
    `  Time left:     ${inWords(expiresIn)}`,
    `  ${claim} The server cannot check that.`,
    'Confirm only if this screen is in front of you.',
  );
}

async function askPerson(signal: AbortSignal): Promise<'confirm' | 'declined'> {
  return /^y(es)?$/i.test(await ask('Confirm? [y/N]', signal)) ? 'confirm' : 'declined';
}

async function numberFor(
  { requires }: Scan,
  given: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!requires?.number) return undefined;
  const number = given ?? (await ask('Which number does the screen show?', signal));
  if (!/^\d+$/.test(number))
    throw new Failure('The number that the screen shows is needed: digits only, or with --number NN.');
  return number;
}

/** This phone is signed in for one scan only. */
async function signOut(phone: PhoneSession, server: string): Promise<void> {
  await phone.end(new Api(server)).then(
    () => say('Signed out again.'),
    (error: Error) => complain(`Could not sign out again: ${error.message}`),
  );
}

function withHint(error: unknown, dataDir: string): unknown {
  if (!(error instanceof ProblemError && error.problem.code === 'invalid_credentials')) return error;
  return new Failure(
    `${error.message} The demo account in ${dataDir} may be of another server: say where this one keeps its data with --data-dir.`,
  );
}

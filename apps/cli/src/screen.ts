// A screen in the terminal: shows a QR code, waits, and is signed in by the phone that scans it.
import os from 'node:os';
import { Api } from './api.js';
import { SCREEN_HELP, screenArguments } from './arguments.js';
import { continuesAs, CannotAsk } from './continue-as.js';
import { deviceId } from './device-id.js';
import { Failure, Interrupted, run } from './program.js';
import { draw, inWords, say } from './say.js';
import { type ScreenDevice, ScreenTicket, type Tokens } from './screen-ticket.js';
import { terminalQr } from './terminal-qr.js';

const EXIT = { signedIn: 0, denied: 2, expired: 3, notMe: 4 } as const;
/** New codes after the first one. */
const RENEWALS = 5;
const LONGEST_NAME = 64;

await run(async (signal) => {
  const given = screenArguments(process.argv.slice(2));
  if (!given) {
    say(...SCREEN_HELP.trim().split('\n'));
    return 0;
  }
  const api = new Api(given.server, signal);
  const name = (given.name ?? os.hostname()).slice(0, LONGEST_NAME) || undefined;
  const device: ScreenDevice = { id: await deviceId(given.dataDir, 'screen'), type: 'cli', name };
  for (let renewals = given.isOnce ? 0 : RENEWALS; ; renewals -= 1) {
    const exitCode = await tryOnce(api, device, given.isSure);
    const isOver = exitCode === EXIT.signedIn || exitCode === EXIT.denied;
    if (isOver || renewals === 0) return exitCode;
    say('Here is a new one.', '');
  }
});

async function tryOnce(api: Api, device: ScreenDevice, isSure: boolean): Promise<number> {
  const ticket = await ScreenTicket.open(api, device);
  try {
    show(ticket);
    const exitCode = await follow(ticket, isSure, api.signal);
    if (exitCode === EXIT.notMe) await cancel(ticket, api.server);
    return exitCode;
  } catch (error) {
    if (error instanceof Interrupted || error instanceof CannotAsk) await cancel(ticket, api.server);
    throw error;
  }
}

/** The code comes last, so that all of it can be seen in a terminal of 24 lines. */
function show({ qrUrl, expiresIn }: ScreenTicket): void {
  const { picture, width } = terminalQr(qrUrl);
  say(
    'Sign in: scan the code with the camera of a phone, and confirm there.',
    '',
    `  Link:            ${qrUrl}`,
    `  ${hintFor(qrUrl)}`,
    '  No phone at hand? In another terminal:',
    `    npm run phone -- ${shellWord(qrUrl)}`,
    '',
  );
  if (width <= (process.stdout.columns || width)) draw(picture);
  else
    say(
      `(The code needs ${width} columns, this terminal has ${process.stdout.columns}: make it wider, or use the link.)`,
    );
  say(`Waiting for a phone … the code is good for ${inWords(expiresIn)}.`);
}

async function follow(ticket: ScreenTicket, isSure: boolean, signal: AbortSignal): Promise<number> {
  const decided = await ticket.decision();
  const { end } = decided;
  if (end === 'denied') {
    say('Denied on the phone: not signed in.');
    return EXIT.denied;
  }
  if (end !== 'confirmed' && end !== 'expired') throw new Failure(`The ticket is ${end}: start again.`);
  const isMe = end === 'expired' ? undefined : isSure || (await continuesAs(decided, signal));
  if (isMe === false) return EXIT.notMe;
  const tokens = isMe && (await ticket.redeem());
  if (tokens) {
    await welcome(ticket, tokens);
    return EXIT.signedIn;
  }
  say('The code has expired.');
  return EXIT.expired;
}

async function welcome(ticket: ScreenTicket, tokens: Tokens): Promise<void> {
  const { account, session, expiresIn, refreshExpiresIn } = tokens;
  const expiry = new Date(Date.now() + expiresIn * 1000).toLocaleTimeString();
  say(
    `Confirmed. Signed in as ${account.displayName}.`,
    `  Account:         ${account.id}`,
    `  Session:         ${session.id}`,
    `                   ends after ${inWords(refreshExpiresIn)} without use`,
    `  Access token:    expires in ${inWords(expiresIn)}, at ${expiry}`,
  );
  const proven = await ticket.account(tokens);
  if (proven.id !== account.id)
    throw new Failure('The access token belongs to another account than it was given out for.');
  say(`  It works:        GET /v1/account answers ${proven.displayName}`);
}

/** Whether it succeeds or not, we leave: it would expire by itself. */
async function cancel(ticket: ScreenTicket, server: string): Promise<void> {
  const isCancelled = await ticket.cancel(new Api(server)).then(
    () => true,
    () => false,
  );
  say('', isCancelled ? 'Cancelled: the code is of no use any more.' : 'Interrupted.');
}

function hintFor(qrUrl: string): string {
  const host = URL.canParse(qrUrl) ? new URL(qrUrl).hostname : '';
  return ['localhost', '127.0.0.1', '[::1]'].includes(host)
    ? 'A real phone:    cannot open this link: set PUBLIC_URL on the server'
    : 'A real phone:    must be able to reach that address, such as from the same network';
}

/** The link comes from the server: pasted into a shell it must stay one word. */
function shellWord(text: string): string {
  return /^[\w:/.%~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

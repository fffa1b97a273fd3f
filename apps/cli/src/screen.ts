// A screen in the terminal: shows a QR code, waits, and is signed in by the phone that scans it.
import os from 'node:os';
import { type Over, screenLogin, type ScreenLoginOptions, type ScreenState } from '@scan-login/client';
import { SCREEN_HELP, screenArguments } from './arguments.js';
import { continuesAs } from './continue-as.js';
import { deviceId } from './device-id.js';
import { Outage } from './outage.js';
import { print } from './output.js';
import { run } from './program.js';
import { screenKey } from './screen-key.js';
import { CodeDisplay, showScan } from './screen-messages.js';
import { terminalFetch } from './terminal-fetch.js';
import { welcome } from './welcome.js';

const SIGNED_IN = 0;
const ENDS: Record<Over['why'], { exitCode: number; message: string }> = {
  cancelled: { exitCode: 1, message: 'The code was cancelled.' },
  denied: { exitCode: 2, message: 'Denied on the phone: not signed in.' },
  expired: { exitCode: 3, message: 'The code has expired.' },
  rejected: { exitCode: 4, message: 'Not signed in. The code is cancelled.' },
};
/** New codes after the first one. */
const RENEWALS = 5;
const LONGEST_NAME = 64;

await run(async (signal) => {
  const given = screenArguments(process.argv.slice(2));
  if (!given) {
    print(...SCREEN_HELP.trim().split('\n'));
    return 0;
  }
  const { server, dataDir, isOnce, isSure, name = os.hostname() } = given;
  const options: ScreenLoginOptions = {
    server,
    device: { id: await deviceId(dataDir, 'screen'), type: 'cli', name: name.slice(0, LONGEST_NAME) || undefined },
    fetch: terminalFetch,
    key: await screenKey(dataDir),
    // a code that is already printed cannot change
    rotates: process.stdout.isTTY,
    renewals: isOnce ? 0 : RENEWALS,
    confirmAccount: isSure ? undefined : continuesAs,
  };
  for (;;) {
    const exitCode = await signIn(options, signal);
    // the person rejected a stranger's account, and still wants to sign in
    if (exitCode !== ENDS.rejected.exitCode || isOnce) return exitCode;
    print('Here is a new one.', '');
  }
});

/** @returns the exit code */
async function signIn(options: ScreenLoginOptions, signal: AbortSignal): Promise<number> {
  const outage = new Outage();
  const display = new CodeDisplay();
  let shown: ScreenState | undefined;
  try {
    for await (const state of screenLogin({ ...options, signal: AbortSignal.any([signal, outage.signal]) })) {
      if (state.at === 'offline') {
        outage.begin(state);
        continue;
      }
      outage.end();
      // after an outage the same state comes again
      if (state === shown) continue;
      shown = state;
      if (state.at === 'waiting') display.show(state);
      if (state.at === 'scanned') showScan(state);
      if (state.at === 'signed-in') {
        await welcome(options.server, state, signal);
        return SIGNED_IN;
      }
      if (state.at === 'over') {
        const { exitCode, message } = ENDS[state.why];
        print(message);
        if (!state.renewing) return exitCode;
        print('Here is a new one.', '');
      }
    }
  } catch (error) {
    if (signal.aborted) print('', 'Interrupted.');
    throw error;
  } finally {
    outage.cancel();
  }
  throw new Error('the login ended without a last state');
}

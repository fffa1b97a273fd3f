import type { ScannedTicket } from '@scan-login/client';
import { duration, quotable } from './format.js';
import { print } from './output.js';

const SCREEN_TYPES: Record<string, string> = {
  web: 'a web page',
  desktop: 'a desktop program',
  tv: 'a TV',
  cli: 'a command line',
};

const UNKNOWN_NETWORK = 'NOT known whether it is near this phone';
const NETWORKS: Record<string, string> = {
  same: 'the same as that of this phone',
  different: 'NOT the one that this phone is in',
};

/** An address that the server could not parse may be any text. */
const ADDRESS = /^[\da-f.:]{2,45}(\/\d{1,3})?$/i;

/**
 * Prints which screen asks. Facts observed by the server come first; what the screen claims about itself comes last.
 */
export function showWhoAsks({ screen, expiresIn }: ScannedTicket, displayName: string): void {
  const kind = SCREEN_TYPES[screen.type] ?? 'unknown';
  const claim = screen.name
    ? `It calls itself “${quotable(screen.name)}”, and says that it is ${kind}.`
    : `It says that it is ${kind}.`;
  print(
    `A screen asks to be signed in as ${quotable(displayName)}:`,
    `  Network:       ${NETWORKS[screen.network] ?? UNKNOWN_NETWORK}`,
    `  Browser:       ${screen.browser ?? 'unknown'}`,
    `  System:        ${screen.os ?? 'unknown'}`,
    `  Address:       ${ADDRESS.test(screen.ip) ? screen.ip : 'unknown'}`,
    `  Asking since:  ${new Date(screen.openedAt).toLocaleTimeString()}`,
    `  Time left:     ${duration(expiresIn)}`,
    `  ${claim} The server cannot check that.`,
    'Confirm only if this screen is in front of you.',
  );
}

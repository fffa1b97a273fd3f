import type { Scanned, Waiting } from '@scan-login/client';
import { duration, shellWord } from './format.js';
import { eraseLines, linesPrinted, print, printPicture } from './output.js';
import { terminalQr } from './terminal-qr.js';

/** Shows the code of a screen, and draws the next one in its place. */
export class CodeDisplay {
  private uuid?: string;
  /** The lines of the terminal below which the code begins, if nothing else was printed since. */
  private drawn?: { height: number; printed: number };

  show(state: Waiting): void {
    const { uuid, drawn } = this;
    this.uuid = state.uuid;
    // a terminal that is not high enough has scrolled the code away
    const canRedraw = uuid === state.uuid && drawn?.printed === linesPrinted() && drawn.height < process.stdout.rows;
    if (canRedraw) eraseLines(drawn.height);
    const before = linesPrinted();
    showCode(state);
    this.drawn = { height: linesPrinted() - before, printed: linesPrinted() };
  }
}

/** Prints the code last, so that a terminal of 24 lines shows all of it. */
function showCode({ qrUrl, secondsLeft }: Waiting): void {
  const { picture, width } = terminalQr(qrUrl);
  print(
    'Sign in: scan the code with the camera of a phone, and confirm there.',
    '',
    `  Link:            ${qrUrl}`,
    `  ${hintFor(qrUrl)}`,
    '  No phone at hand? In another terminal:',
    `    npm run phone -- ${shellWord(qrUrl)}`,
    '',
  );
  // undefined if the output is not a terminal
  const columns = process.stdout.columns || width;
  if (width <= columns) printPicture(picture);
  else print(`(The code needs ${width} columns, and this terminal has ${columns}: make it wider, or use the link.)`);
  print(`Waiting for a phone … the code expires in ${duration(secondsLeft())}.`);
}

export function showScan({ account, number }: Scanned): void {
  print(`Scanned by ${account?.displayName ?? 'a phone'}. Waiting for the decision on the phone …`);
  if (number !== undefined) print(`The phone asks for this number: ${number}`);
}

function hintFor(qrUrl: string): string {
  const host = URL.canParse(qrUrl) ? new URL(qrUrl).hostname : '';
  return ['localhost', '127.0.0.1', '[::1]'].includes(host)
    ? 'A real phone:    cannot open this link; set PUBLIC_URL on the server'
    : 'A real phone:    must be able to reach that address, for example from the same network';
}

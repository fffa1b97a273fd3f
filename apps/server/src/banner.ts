import type { Config } from './config.js';
import type { DemoAccount } from './demo-account.js';
import { DEMO_FILE } from './demo-account.js';
import { hasPrograms } from './installation.js';
import { guessPublicUrl } from './public-url.js';

interface Facts {
  config: Config;
  port: number;
  demo?: DemoAccount;
  isEmbedded: boolean;
}

const NO_PHONE = [
  '  No phone at hand? In two more terminals:',
  '    npm run screen              shows a code in the terminal and waits',
  '    npm run phone -- <qrUrl>    is the phone: signs the demo account in, scans and confirms',
];

/** Prints what a new user needs once the server listens. The log has the same as an event, without the password. */
export function welcome({ config, port, demo, isEmbedded }: Facts): void {
  const guess = guessPublicUrl(port);
  const url = config.PUBLIC_URL ?? guess.url;
  const lines = [
    '',
    `  scan-login is ready:  ${url}`,
    ...(demo ? [`  Demo account:         ${describe(demo, config.DATA_DIR)}`] : []),
    ...(isEmbedded ? [`  Data:                 ${config.DATA_DIR} (embedded PostgreSQL)`] : []),
    '',
    `  Open ${url} on this machine, and scan the code with a phone in the same network.`,
    ...(demo && hasPrograms ? NO_PHONE : []),
    ...(config.apiDocs ? [`  The API, to try by hand: ${url}/docs`] : []),
    ...(config.PUBLIC_URL === undefined && guess.isLocalOnly
      ? ['', '  ! This machine has no address in a network, so no other device can open the code. Set PUBLIC_URL.']
      : []),
    '',
    '',
  ];
  process.stdout.write(lines.join('\n'));
}

function describe({ username, password, isNew }: DemoAccount, directory: string): string {
  if (password === undefined) return `${username} (its password was printed when it was made)`;
  return isNew ? `${username}, password ${password}` : `${username} (password in ${directory}/${DEMO_FILE})`;
}

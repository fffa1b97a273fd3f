import type { Config } from './config.js';
import type { DemoAccount } from './demo-account.js';
import { hasPrograms } from './installation.js';
import { guessPublicUrl, ownUrls } from './public-url.js';

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
  const others = ownUrls(config.HOST, port).filter((each) => each !== url);
  const lines = [
    '',
    `  scan-login is ready:  ${url}`,
    ...others.map((each, index) => `${(index === 0 ? '  Also at:' : '').padEnd(24)}${each}`),
    ...(demo ? [`  Demo account:         ${describe(demo)}`] : []),
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

function describe({ username, password }: DemoAccount): string {
  return `${username}, password ${password ?? 'as in demo-account.json of the server that made it'}`;
}

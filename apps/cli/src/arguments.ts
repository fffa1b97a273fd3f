import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ticketIn } from '@scan-login/client';
import type { PasswordSource } from './password.js';
import { Failure } from './program.js';

const DEFAULT_SERVER = 'http://localhost:3000';

export const SCREEN_HELP = `
npm run screen -- [options]

Shows a QR code in the terminal, and is signed in by the phone that scans it.

  --server URL     address of the server  (SCAN_LOGIN_URL, else ${DEFAULT_SERVER})
  --name TEXT      what this screen calls itself on the phone  (the host name)
  --yes            do not ask “Continue as …?” when the account is new on this device
  --once           exit when the code has expired, instead of showing a new one
  --data-dir PATH  where this screen keeps its device id and key  (DATA_DIR, else .data)
  --help           show this help

Exit code: 0 signed in, 2 denied on the phone, 3 expired, 4 not continued here, 1 any other error.
`;

export const PHONE_HELP = `
npm run phone -- <qrUrl> [options]

Acts as the phone: signs in, scans the code, shows which screen asks, and confirms.

  --ask                 ask before confirming
  --yes                 confirm without asking (the default)
  --deny                deny
  --not-me              deny, and report that it was not you
  --number NN           the number that the screen shows, if the server asks for it
  --username TEXT       sign in with this account instead of the demo account, and ask for its password
  --password-file FILE  read the password from a file, or from standard input (-); SCAN_LOGIN_PASSWORD can hold it, too
  --data-dir PATH       where the server keeps the demo account, and this phone its device id  (DATA_DIR, else .data)
  --server URL          address of the server, if it is not the one in the link
  --help                show this help

<qrUrl> is the link in the QR code; quote it, because of its #. Exit code: 0 confirmed or denied as requested, 1 otherwise.
`;

export interface ScreenArguments {
  server: string;
  name?: string;
  isOnce: boolean;
  /** Do not ask “Continue as …?”. */
  isSure: boolean;
  dataDir: string;
}

export type Decision = 'confirm' | 'ask' | 'declined' | 'not_me';

export interface PhoneArguments {
  /** With the key and the code of the screen. */
  link: string;
  server: string;
  /** The server was given as an option, not taken from the link: no other address is tried. */
  isServerGiven: boolean;
  decision: Decision;
  number?: string;
  /** Who signs in, if not the demo account. */
  account?: { username: string; password: PasswordSource };
  dataDir: string;
}

/**
 * @returns nothing when help was asked for
 * @throws Failure
 */
export function screenArguments(given: string[]): ScreenArguments | undefined {
  const { values } = parse({
    args: given,
    options: {
      server: { type: 'string' },
      name: { type: 'string' },
      yes: { type: 'boolean', default: false },
      once: { type: 'boolean', default: false },
      'data-dir': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  return {
    server: serverOf(values.server) ?? defaultServer(),
    name: values.name,
    isOnce: values.once,
    isSure: values.yes,
    dataDir: dataDirOf(values),
  };
}

/**
 * @returns nothing when help was asked for
 * @throws Failure
 */
export function phoneArguments(given: string[]): PhoneArguments | undefined {
  const { values, positionals } = parse({
    args: given,
    allowPositionals: true,
    options: {
      ask: { type: 'boolean' },
      yes: { type: 'boolean' },
      deny: { type: 'boolean' },
      'not-me': { type: 'boolean' },
      number: { type: 'string' },
      username: { type: 'string' },
      password: { type: 'string' },
      'password-file': { type: 'string' },
      'data-dir': { type: 'string' },
      server: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const [link, ...more] = positionals;
  if (link === undefined || more.length > 0) {
    throw new Failure(
      'Which code? Use npm run phone -- <qrUrl>, with the link that the screen shows. --help shows more.',
    );
  }
  const base = baseIn(link);
  const server = serverOf(values.server);
  return {
    link,
    server: server ?? base ?? defaultServer(),
    isServerGiven: server !== undefined,
    decision: decisionOf(values),
    number: values.number,
    account: accountOf(values),
    dataDir: dataDirOf(values),
  };
}

/** The only function of these programs that reads the environment. An empty variable counts as unset. */
function setting(name: 'SCAN_LOGIN_URL' | 'SCAN_LOGIN_PASSWORD' | 'DATA_DIR'): string | undefined {
  return process.env[name] || undefined;
}

function parse<const Config extends ParseArgsConfig>(config: Config) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new Failure(`${(error as Error).message.split('. ')[0]!.replace(/\.$/, '')}. --help shows the options.`);
  }
}

function defaultServer(): string {
  return serverOf(setting('SCAN_LOGIN_URL')) ?? DEFAULT_SERVER;
}

function dataDirOf(values: { 'data-dir'?: string }): string {
  return values['data-dir'] ?? setting('DATA_DIR') ?? '.data';
}

function serverOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (!isHttp(url)) throw new Failure(`The server must be a URL such as ${DEFAULT_SERVER}, not "${url}".`);
  return baseOf(new URL(url));
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
}

function baseOf({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.replace(/\/+$/, '');
}

/** A server may be below a path, so everything before `/l/` is its address. */
function baseIn(link: string): string | undefined {
  if (!ticketIn(link))
    throw new Failure(`"${link}" is not the link of a QR code: those look like ${DEFAULT_SERVER}/l/<uuid>.`);
  return serverOf(/^(.*)\/l\//.exec(link)?.[1]);
}

function decisionOf(values: { ask?: boolean; yes?: boolean; deny?: boolean; 'not-me'?: boolean }): Decision {
  const { ask, yes, deny, 'not-me': notMe } = values;
  if ([ask, yes, deny ?? notMe].filter(Boolean).length > 1) {
    throw new Failure('Use only one of --ask, --yes and --deny.');
  }
  if (notMe) return 'not_me';
  if (deny) return 'declined';
  return ask ? 'ask' : 'confirm';
}

interface AccountValues {
  username?: string;
  password?: string;
  'password-file'?: string;
}

function accountOf({ username, password, 'password-file': path }: AccountValues): PhoneArguments['account'] {
  if (password !== undefined) {
    throw new Failure(
      'A password in the arguments can be read by every user of this machine. Leave --password out to be asked for it, use --password-file FILE (- for standard input), or set SCAN_LOGIN_PASSWORD.',
    );
  }
  if (username === undefined) {
    if (path !== undefined)
      throw new Failure('--password-file needs --username: without it the demo account signs in.');
    return undefined;
  }
  if (path !== undefined) return { username, password: { kind: 'file', path } };
  const text = setting('SCAN_LOGIN_PASSWORD');
  return { username, password: text === undefined ? { kind: 'terminal' } : { kind: 'text', text } };
}

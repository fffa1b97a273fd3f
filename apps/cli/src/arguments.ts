import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { PasswordSource } from './password.js';
import { Failure } from './program.js';

const DEFAULT_SERVER = 'http://localhost:3000';

export const SCREEN_HELP = `
npm run screen -- [options]

Shows a QR code in the terminal, and is signed in by the phone that scans it.

  --server URL     the server                  (SCAN_LOGIN_URL, else ${DEFAULT_SERVER})
  --name TEXT      what the phone shows of us  (the name of this machine)
  --yes            do not ask “Continue as …?” where the account is new on this device
  --once           do not show a new code when this one has expired
  --data-dir PATH  where this screen keeps its name  (DATA_DIR, else .data)
  --help

Exit code: 0 signed in, 2 denied on the phone, 3 expired, 4 not continued here, 1 anything else that went wrong.
`;

export const PHONE_HELP = `
npm run phone -- <qrUrl> [options]

Is the phone: signs in, scans, shows which screen asks, and confirms.

  --ask                 ask before confirming
  --yes                 confirm without asking; so it does anyway, unless told otherwise
  --deny                deny
  --not-me              deny, because somebody else asks
  --number NN           the number that the screen shows, if the server wants it
  --username TEXT       sign in with another account than the demo account; its password is asked for
  --password-file FILE  read its password from a file, or from standard input (-)  (SCAN_LOGIN_PASSWORD is the password itself)
  --data-dir PATH       where the server keeps the demo account, and this phone its name  (DATA_DIR, else .data)
  --server URL          the server, if it is not the one of the link
  --help

<qrUrl> is the link in the QR code, or the uuid at its end. Exit code: 0 confirmed or denied as told, 1 otherwise.
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
  uuid: string;
  server: string;
  /** The server was told, not taken from the link: there is no other place to look for it. */
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
    throw new Failure('Which code? npm run phone -- <qrUrl>, with the link that the screen shows. More with --help.');
  }
  const { uuid, base } = readLink(link);
  const server = serverOf(values.server);
  return {
    uuid,
    server: server ?? base ?? defaultServer(),
    isServerGiven: server !== undefined,
    decision: decisionOf(values),
    number: values.number,
    account: accountOf(values),
    dataDir: dataDirOf(values),
  };
}

/** The only place of these programs that reads the environment. An empty variable counts as unset. */
function setting(name: 'SCAN_LOGIN_URL' | 'SCAN_LOGIN_PASSWORD' | 'DATA_DIR'): string | undefined {
  return process.env[name] || undefined;
}

function parse<const Config extends ParseArgsConfig>(config: Config) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new Failure(`${(error as Error).message.split('. ')[0]!.replace(/\.$/, '')}. More with --help.`);
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

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const BARE_UUID = new RegExp(`^${UUID}$`, 'i');
const LINK_PATH = new RegExp(`/l/(${UUID})/?$`, 'i');

/** A server may live below a path, so everything before `/l/` is its address. */
function readLink(link: string): { uuid: string; base?: string } {
  if (BARE_UUID.test(link)) return { uuid: link };
  const url = isHttp(link) ? new URL(link) : undefined;
  const uuid = url && LINK_PATH.exec(url.pathname)?.[1];
  if (!uuid) throw new Failure(`"${link}" is not the link of a QR code: those look like ${DEFAULT_SERVER}/l/<uuid>.`);
  url.pathname = url.pathname.replace(LINK_PATH, '');
  return { uuid, base: baseOf(url) };
}

function decisionOf(values: { ask?: boolean; yes?: boolean; deny?: boolean; 'not-me'?: boolean }): Decision {
  const { ask, yes, deny, 'not-me': notMe } = values;
  if ([ask, yes, deny ?? notMe].filter(Boolean).length > 1) {
    throw new Failure('Of --ask, --yes and --deny only one can be meant.');
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
      'A password in the arguments can be read by every user of this machine. Leave --password out and it is asked for, or use --password-file FILE (- for standard input), or the variable SCAN_LOGIN_PASSWORD.',
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

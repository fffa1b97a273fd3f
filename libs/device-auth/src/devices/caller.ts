import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import bowser from 'bowser';
import { shownText } from '@scan-login/nest/common';
import { LRUCache } from 'lru-cache';
import { readAddress, UNKNOWN_ADDRESS } from './network.js';

/** What a request tells of the device that sent it. */
export interface Caller {
  /** IPv4 or IPv6 in its shortest form, or `unknown`; a forwarded one only where the proxy is trusted. */
  ip: string;
  browser: string | null;
  os: string | null;
}

interface Request {
  ip?: string;
  headers: Record<string, string | string[] | undefined>;
}

/** The sender of the request, as a parameter of a controller. */
export const FromCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<Request>();
  return { ip: readAddress(request.ip) ?? UNKNOWN_ADDRESS, ...programOf(request.headers['user-agent']) };
});

const LONGEST_USER_AGENT = 512;
/** The last three have no entry in bowser's own list, though it knows them. */
const BROWSERS = new Set([...Object.values(bowser.BROWSER_MAP), 'Miui', 'Opera Touch', 'PlayStation 4']);
const ProgramName = shownText(64);

type Program = Pick<Caller, 'browser' | 'os'>;

/** Few browsers call often, and reading their names takes longer than most calls do. */
const programs = new LRUCache<string, Program>({ max: 500, memoMethod: read });

function programOf(header: string | string[] | undefined): Program {
  if (typeof header !== 'string' || header === '') return { browser: null, os: null };
  return programs.memo(header.slice(0, LONGEST_USER_AGENT));
}

function read(userAgent: string): Program {
  const { browser, os } = bowser.parse(userAgent);
  return {
    // of a program that it does not know it takes the name out of the header, where it could be any sentence
    browser: BROWSERS.has(browser.name!) ? nameOf(browser.name, /^\d{1,4}/.exec(browser.version ?? '')?.[0]) : null,
    os: nameOf(os.name, os.versionName ?? os.version),
  };
}

/** The names come out of a header that the client writes, so they are cleaned like any other text of its own. */
function nameOf(name: string | undefined, version: string | undefined): string | null {
  const text = ProgramName.safeParse([name, version].filter(Boolean).join(' '));
  return text.success ? text.data : null;
}

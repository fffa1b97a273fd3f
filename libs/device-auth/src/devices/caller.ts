import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import bowser from 'bowser';
import { shownText } from '@scan-login/nest/common';
import { LRUCache } from 'lru-cache';
import { readAddress, UNKNOWN_ADDRESS } from './network.js';

/** What a request tells about the device that sent it. */
export interface Caller {
  /** IPv4 or IPv6 in its shortest form, or `unknown`. A forwarded address only if the proxy is trusted. */
  ip: string;
  browser: string | null;
  os: string | null;
}

interface Request {
  ip?: string;
  headers: Record<string, string | string[] | undefined>;
}

/** Controller parameter: the sender of the request. */
export const FromCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<Request>();
  return { ip: readAddress(request.ip) ?? UNKNOWN_ADDRESS, ...programOf(request.headers['user-agent']) };
});

const LONGEST_USER_AGENT = 512;
/** The last three have no entry in bowser's own list, though it knows them. */
const BROWSERS = new Set([...Object.values(bowser.BROWSER_MAP), 'Miui', 'Opera Touch', 'PlayStation 4']);
const ProgramName = shownText(64);

type Program = Pick<Caller, 'browser' | 'os'>;

/** A few browsers send most requests, and parsing their names takes longer than most requests do. */
const programs = new LRUCache<string, Program>({ max: 500, memoMethod: read });

function programOf(header: string | string[] | undefined): Program {
  if (typeof header !== 'string' || header === '') return { browser: null, os: null };
  return programs.memo(header.slice(0, LONGEST_USER_AGENT));
}

function read(userAgent: string): Program {
  const { browser, os } = bowser.parse(userAgent);
  return {
    // for an unknown program bowser returns text from the header, which could be anything
    browser: BROWSERS.has(browser.name!) ? nameOf(browser.name, /^\d{1,4}/.exec(browser.version ?? '')?.[0]) : null,
    os: nameOf(os.name, os.versionName ?? os.version),
  };
}

/** The names come from a header that the client writes, so they are cleaned like all its text. */
function nameOf(name: string | undefined, version: string | undefined): string | null {
  const text = ProgramName.safeParse([name, version].filter(Boolean).join(' '));
  return text.success ? text.data : null;
}

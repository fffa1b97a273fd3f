import { Problem, RoutePaths } from '@scan-login/nest/common';
import { Inject, Injectable } from '@nestjs/common';
import { parseCookie, stringifySetCookie } from 'cookie';
import { DEVICE_AUTH_OPTIONS, type DeviceAuthOptions } from '../device-auth.options.js';
import type { Tokens, TokensResponse } from './session.schemas.js';

const NAME = 'scan_login_refresh';
/** Browsers send the cookie only with calls to this path. */
const PATH = 'v1/sessions';

type Headers = Record<string, string | string[] | undefined>;
/** The part of Fastify's and Express' responses that is used here. */
export interface ResponseHeaders {
  header(name: string, value: string): unknown;
  /** Of Express, whose `header` replaces the cookies that the application has set. Fastify's adds to them. */
  append?(name: string, value: string): unknown;
}

/**
 * Keeps the refresh token of pages of the server's origin in a cookie that no script can read, because a page has no
 * safe place for it. Only clients that ask for the cookie get it. For all others the token is in the body.
 */
@Injectable()
export class RefreshCookie {
  constructor(
    @Inject(DEVICE_AUTH_OPTIONS) private readonly options: DeviceAuthOptions,
    private readonly paths: RoutePaths,
  ) {}

  /** @returns the tokens without the refresh token, which is in the cookie */
  keep({ refreshToken, ...rest }: Tokens, response: ResponseHeaders): TokensResponse {
    this.set(response, refreshToken, rest.refreshExpiresIn);
    return rest;
  }

  clear(response: ResponseHeaders): void {
    this.set(response, '', 0);
  }

  isIn(headers: Headers): boolean {
    return this.valueOf(headers) !== undefined;
  }

  /**
   * The refresh token in the cookie. A browser may send the cookie for a page of another site, so it is accepted only
   * in calls from the server's own origin.
   * @returns nothing when there is none
   * @throws Problem cross_site_refused
   */
  take(headers: Headers): string | undefined {
    const refreshToken = this.valueOf(headers);
    if (refreshToken !== undefined && !this.isOurOrigin(headers)) throw new Problem('cross_site_refused');
    return refreshToken;
  }

  /** Browsers send `Sec-Fetch-Site` on https and localhost; on plain http elsewhere they send only `Origin`. */
  private isOurOrigin({ 'sec-fetch-site': site, origin, host }: Headers): boolean {
    if (site !== undefined) return site === 'same-origin';
    if (typeof origin !== 'string' || !URL.canParse(origin)) return false;
    return origin === new URL(this.options.publicUrl()).origin || new URL(origin).host === host;
  }

  private valueOf({ cookie }: Headers): string | undefined {
    return typeof cookie === 'string' ? parseCookie(cookie)[NAME] || undefined : undefined;
  }

  private set(response: ResponseHeaders, value: string, maxAge: number): void {
    const secure = this.options.publicUrl().startsWith('https:');
    const path = this.paths.of(PATH);
    const cookie = { name: NAME, value, path, maxAge, httpOnly: true, sameSite: 'strict', secure } as const;
    const text = stringifySetCookie(cookie);
    if (response.append) response.append('Set-Cookie', text);
    else response.header('Set-Cookie', text);
  }
}

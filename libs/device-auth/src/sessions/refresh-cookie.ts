import { Problem, RoutePaths } from '@scan-login/nest/common';
import { Inject, Injectable } from '@nestjs/common';
import { parseCookie, stringifySetCookie } from 'cookie';
import { DEVICE_AUTH_OPTIONS, type DeviceAuthOptions } from '../device-auth.options.js';
import type { Tokens, TokensResponse } from './session.schemas.js';

const NAME = 'scan_login_refresh';
/** Browsers send it with calls of sessions, and with no others. */
const PATH = 'v1/sessions';

type Headers = Record<string, string | string[] | undefined>;
/** As much of Fastify's and Express' responses as is needed. */
export interface ResponseHeaders {
  header(name: string, value: string): unknown;
}

/**
 * For pages of the server's origin, which have no safe place for a refresh token: a cookie holds it that no script can
 * read. Only clients that ask for the cookie get it. For all others the token is in the body, and a cookie has no effect.
 */
@Injectable()
export class RefreshCookie {
  constructor(
    @Inject(DEVICE_AUTH_OPTIONS) private readonly options: DeviceAuthOptions,
    private readonly paths: RoutePaths,
  ) {}

  /** @returns the tokens without the one that went into the cookie */
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
   * A browser sends the cookie whatever page makes the call, so it counts only in calls that come from the server's own
   * origin.
   * @returns nothing when there is none
   * @throws Problem cross_site_refused
   */
  take(headers: Headers): string | undefined {
    const refreshToken = this.valueOf(headers);
    if (refreshToken !== undefined && !this.isOurOrigin(headers)) throw new Problem('cross_site_refused');
    return refreshToken;
  }

  /** Browsers say `Sec-Fetch-Site` on https and localhost; on plain http elsewhere there is only `Origin`. */
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
    response.header('Set-Cookie', stringifySetCookie(cookie));
  }
}

import { Auth, isUuid, Limited, Problem } from '@scan-login/nest/common';
import { Controller, Get, Header, Headers, Inject, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { PHONE_ALLOWED } from '../http/security-headers.js';
import { HTML, page } from './page.js';

/** Where phones and screens reach the server; a function, as in `Surroundings`. */
export const PUBLIC_URL = Symbol('PublicUrl');

@ApiExcludeController()
@Controller()
export class PagesController {
  constructor(@Inject(PUBLIC_URL) private readonly publicUrl: () => string) {}

  /** The page on which a screen signs in. */
  @Get()
  @Auth('public')
  @Limited('page')
  @Header('Content-Type', HTML)
  @Header('Cache-Control', 'no-cache')
  screen(): Promise<string> {
    return page('screen.html');
  }

  /**
   * The page that the QR code opens on a phone. The request changes nothing: programs that look at links, such as
   * messengers, request it as well. A signed-in phone scans once the page is visible, but where another site has opened
   * it only after a tap: otherwise any site could learn the name of its visitor.
   * @throws Problem not_found if the link is incomplete
   */
  @Get('l/:uuid')
  @Auth('public')
  @Limited('page')
  @Header('Content-Type', HTML)
  @Header('Cache-Control', 'no-cache')
  @Header('Permissions-Policy', PHONE_ALLOWED)
  async landing(@Param('uuid') uuid: string, @Headers('sec-fetch-site') site?: string): Promise<string> {
    if (!isUuid(uuid)) throw new Problem('not_found');
    const isElsewhere = site === 'cross-site' || site === 'same-site';
    return withMeta(await this.phonePage(), 'opened-by', isElsewhere ? 'another-site' : '');
  }

  /** A phone's home page: the camera, and the list of signed-in devices. */
  @Get('phone')
  @Auth('public')
  @Limited('page')
  @Header('Content-Type', HTML)
  @Header('Cache-Control', 'no-cache')
  @Header('Permissions-Policy', PHONE_ALLOWED)
  phone(): Promise<string> {
    return this.phonePage();
  }

  /** The page makes its proofs for the server's own address, which is not always the address it was opened at. */
  private async phonePage(): Promise<string> {
    return withMeta(await page('phone.html'), 'public-url', this.publicUrl());
  }
}

function withMeta(html: string, name: string, content: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return html.replace(`name="${name}" content=""`, () => `name="${name}" content="${escaped}"`);
}

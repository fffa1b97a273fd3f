import fs from 'node:fs/promises';
import path from 'node:path';
import { Auth, Limited } from '@scan-login/nest/common';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { CAMERA_ALLOWED } from '../http/security-headers.js';
import { WEB_ROOT } from '../installation.js';

const HTML = 'text/html; charset=utf-8';
const NOT_BUILT =
  '<!doctype html><title>scan-login</title><p>The pages are not built: <code>npm run build:web</code></p>';

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

  /** The page that the QR code opens on a phone. Opening it changes nothing; only its buttons do. */
  @Get('l/:uuid')
  @Auth('public')
  @Limited('page')
  @Header('Content-Type', HTML)
  @Header('Cache-Control', 'no-cache')
  @Header('Permissions-Policy', CAMERA_ALLOWED)
  landing(): Promise<string> {
    return this.phonePage();
  }

  /** A phone's home page: the camera, and the list of signed-in devices. */
  @Get('phone')
  @Auth('public')
  @Limited('page')
  @Header('Content-Type', HTML)
  @Header('Cache-Control', 'no-cache')
  @Header('Permissions-Policy', CAMERA_ALLOWED)
  phone(): Promise<string> {
    return this.phonePage();
  }

  /** The page makes its proofs for the server's own address, which is not always the address it was opened at. */
  private async phonePage(): Promise<string> {
    const url = this.publicUrl().replaceAll('&', '&amp;').replaceAll('"', '&quot;');
    return (await page('phone.html')).replace(
      'name="public-url" content=""',
      () => `name="public-url" content="${url}"`,
    );
  }
}

async function page(name: string): Promise<string> {
  try {
    return await fs.readFile(path.join(WEB_ROOT, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOT_BUILT;
    throw error;
  }
}

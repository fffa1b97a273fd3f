import fs from 'node:fs/promises';
import path from 'node:path';
import { Auth } from '#libs/common';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { CAMERA_ALLOWED } from '../http/security-headers.js';
import { WEB_ROOT } from './assets.js';

const HTML = 'text/html; charset=utf-8';
const NOT_BUILT =
  '<!doctype html><title>scan-login</title><p>The pages are not built: <code>npm run build:web</code></p>';

@ApiExcludeController()
@Controller()
export class PagesController {
  /** Where a screen signs in. */
  @Get()
  @Auth('public')
  @Header('Content-Type', HTML)
  @Header('Cache-Control', 'no-cache')
  screen(): Promise<string> {
    return page('screen.html');
  }

  /** Where a phone lands that scanned the code. Opening it changes nothing: the page's buttons do. */
  @Get('l/:uuid')
  @Auth('public')
  @Header('Content-Type', HTML)
  @Header('Cache-Control', 'no-cache')
  @Header('Permissions-Policy', CAMERA_ALLOWED)
  landing(): Promise<string> {
    return page('phone.html');
  }

  /** A phone's home: its camera, and where the account is signed in. */
  @Get('phone')
  @Auth('public')
  @Header('Content-Type', HTML)
  @Header('Cache-Control', 'no-cache')
  @Header('Permissions-Policy', CAMERA_ALLOWED)
  phone(): Promise<string> {
    return page('phone.html');
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

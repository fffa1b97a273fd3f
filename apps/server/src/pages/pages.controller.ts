import fs from 'node:fs/promises';
import path from 'node:path';
import { Auth } from '#libs/common';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { WEB_ROOT } from './assets.js';

const HTML = 'text/html; charset=utf-8';

@ApiExcludeController()
@Controller()
export class PagesController {
  /** Where a screen signs in. */
  @Get()
  @Auth('public')
  @Header('Content-Type', HTML)
  screen(): Promise<string> {
    return page('screen.html');
  }

  /** Where a phone lands that scanned the code. Opening it changes nothing: the page's buttons do. */
  @Get('l/:uuid')
  @Auth('public')
  @Header('Content-Type', HTML)
  landing(): Promise<string> {
    return page('phone.html');
  }
}

function page(name: string): Promise<string> {
  return fs.readFile(path.join(WEB_ROOT, name), 'utf8');
}

import type { INestApplication } from '@nestjs/common';
import QRCode from 'qrcode';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PASSWORD, Screen } from '../support/actors.js';
import { call } from '../support/http.js';
import { startShop } from '../support/shop.js';

const ticketUrl = (uuid: string) => `shop-app://sign in/${uuid}`;

/** Middleware of the application that sets a cookie before our controllers are asked. */
function setCookie(app: INestApplication): void {
  app.use((_request: unknown, response: { setHeader(name: string, value: string): void }, next: () => void) => {
    response.setHeader('Set-Cookie', 'basket=7');
    next();
  });
}

describe.each(['Express', 'Fastify'] as const)('an application on %s', (adapter) => {
  it('gets a picture of the whole link of its own, also where that has a space in it', async () => {
    const shop = await startShop({ adapter, ticketUrl });
    onTestFinished(() => shop.close());
    const { body } = await new Screen(shop.origin).open();
    const color = { dark: '#000000', light: '#ffffff' };
    const expected = await QRCode.toString(body.qrUrl, { errorCorrectionLevel: 'M', margin: 4, color, type: 'svg' });
    expect((await call('GET', body.qrImageUrl)).body).toBe(expected);
  });
});

describe('an application on Express', () => {
  it('keeps the cookies that it has set itself, beside the one with the refresh token', async () => {
    const shop = await startShop({ adapter: 'Express', setUp: setCookie });
    onTestFinished(() => shop.close());
    const device = { id: 'a-browser', type: 'web' };
    const json = { username: 'grace', password: PASSWORD, device, refreshCookie: true };
    const { headers } = await call('POST', `${shop.origin}/v1/sessions`, { json });
    const names = headers.getSetCookie().map((cookie) => cookie.split('=')[0]);
    expect(names).toEqual(['basket', 'scan_login_refresh']);
  });
});

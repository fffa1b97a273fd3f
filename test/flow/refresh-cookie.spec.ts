import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Phone, register, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';

describe('the refresh token in a cookie', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  /** A phone's page, signed in, with the cookie that it got. */
  async function page() {
    const phone = new Phone(app.url, await register(app.url));
    const device = { id: phone.id, type: 'phone' };
    const json = { username: phone.username, password: PASSWORD, device, refreshCookie: true };
    const response = await call('POST', `${app.url}/v1/sessions`, { json });
    phone.tokens = response.body;
    return { phone, response, cookie: cookieOf(response) };
  }

  function refresh(
    cookie: string,
    deviceId: string,
    from: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
  ) {
    return call('POST', `${app.url}/v1/sessions/refresh`, { headers: { cookie, 'x-device-id': deviceId, ...from } });
  }

  it('is set only on request, and then the response lacks the token', async () => {
    const { response } = await page();
    expect(response.status).toBe(201);
    expect(response.body).not.toHaveProperty('refreshToken');
    expect(response.headers.get('set-cookie')).toMatch(
      /^scan_login_refresh=[\w-]{43}; Max-Age=\d+; Path=\/v1\/sessions; HttpOnly; SameSite=Strict$/,
    );
    const plain = await new Phone(app.url, await register(app.url)).signIn();
    expect(plain.headers.get('set-cookie')).toBeNull();
    expect(plain.body.refreshToken).toEqual(expect.any(String));
  });

  it('is Secure where the server is reached by https', async () => {
    const https = await startAppForTest({ PUBLIC_URL: 'https://login.example.org' });
    const phone = new Phone(https.url, await register(https.url));
    const device = { id: phone.id, type: 'phone' };
    const json = { username: phone.username, password: PASSWORD, device, refreshCookie: true };
    const response = await call('POST', `${https.url}/v1/sessions`, { json });
    expect(response.headers.get('set-cookie')).toMatch(/; Secure/);
    // behind a proxy the Host header may differ; the origin that people see is that of PUBLIC_URL
    const from = { origin: 'https://login.example.org' };
    const again = await call('POST', `${https.url}/v1/sessions/refresh`, {
      headers: { cookie: cookieOf(response), 'x-device-id': phone.id, ...from },
    });
    expect(again.status).toBe(200);
  });

  it('is set at redeem, too', async () => {
    const phone = await signedInPhone(app.url);
    const screen = new Screen(app.url);
    await screen.open();
    await phone.scan(screen);
    await phone.confirm(screen);
    const response = await call('POST', `${app.url}/v1/tickets/${screen.uuid}/redeem`, {
      json: { refreshCookie: true },
      headers: { 'x-ticket-secret': screen.secret, 'x-device-id': screen.id },
    });
    expect(response.status).toBe(200);
    expect(response.body).not.toHaveProperty('refreshToken');
    expect((await refresh(cookieOf(response), screen.id)).status).toBe(200);
  });

  it('rotates', async () => {
    const { phone, cookie } = await page();
    const response = await refresh(cookie, phone.id);
    expect(response.status).toBe(200);
    expect(response.body).not.toHaveProperty('refreshToken');
    expect(cookieOf(response)).not.toBe(cookie);
    expect((await refresh(cookieOf(response), phone.id)).status).toBe(200);
  });

  it('is accepted where an older browser, or one on plain http, sends its Origin', async () => {
    const { phone, cookie } = await page();
    expect((await refresh(cookie, phone.id, { origin: new URL(app.url).origin })).status).toBe(200);
  });

  it('is removed when the session is over, and on signing out', async () => {
    const gone = /^scan_login_refresh=; Max-Age=0; /;
    const { phone, cookie } = await page();
    const out = await phone.as('DELETE', '/v1/sessions/current', undefined, { cookie });
    expect(out.headers.get('set-cookie')).toMatch(gone);
    const response = await refresh(cookie, phone.id);
    expect(response.body.code).toBe('session_ended');
    expect(response.headers.get('set-cookie')).toMatch(gone);
  });

  it('stays when the call names another device', async () => {
    const { phone, cookie } = await page();
    const response = await refresh(cookie, 'another');
    expect(response.body.code).toBe('device_mismatch');
    expect(response.headers.get('set-cookie')).toBeNull();
    expect((await refresh(cookie, phone.id)).status).toBe(200);
  });

  it('is not used for a call that has neither token nor cookie', async () => {
    const response = await call('POST', `${app.url}/v1/sessions/refresh`, { headers: { 'x-device-id': 'x' } });
    expect(response.status).toBe(400);
    expect(response.body.errors).toEqual([expect.objectContaining({ pointer: '/refreshToken' })]);
  });
});

function cookieOf(response: HttpResponse): string {
  return response.headers.get('set-cookie')!.split(';')[0]!;
}

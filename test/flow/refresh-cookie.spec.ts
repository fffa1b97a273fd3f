import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Phone, register, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { type Answer, call } from '../support/http.js';

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
    const answer = await call('POST', `${app.url}/v1/sessions`, { json });
    phone.tokens = answer.body;
    return { phone, answer, cookie: cookieOf(answer) };
  }

  function refresh(
    cookie: string,
    deviceId: string,
    from: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
  ) {
    return call('POST', `${app.url}/v1/sessions/refresh`, { headers: { cookie, 'x-device-id': deviceId, ...from } });
  }

  it('is set only on request, and then the response lacks the token', async () => {
    const { answer } = await page();
    expect(answer.status).toBe(201);
    expect(answer.body).not.toHaveProperty('refreshToken');
    expect(answer.headers.get('set-cookie')).toMatch(
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
    const answer = await call('POST', `${https.url}/v1/sessions`, { json });
    expect(answer.headers.get('set-cookie')).toMatch(/; Secure/);
    // behind a proxy the Host header may differ; the origin that people see is that of PUBLIC_URL
    const from = { origin: 'https://login.example.org' };
    const again = await call('POST', `${https.url}/v1/sessions/refresh`, {
      headers: { cookie: cookieOf(answer), 'x-device-id': phone.id, ...from },
    });
    expect(again.status).toBe(200);
  });

  it('is set at redeem, too', async () => {
    const phone = await signedInPhone(app.url);
    const screen = new Screen(app.url);
    await screen.open();
    await phone.scan(screen);
    await phone.confirm(screen);
    const answer = await call('POST', `${app.url}/v1/tickets/${screen.uuid}/redeem`, {
      json: { refreshCookie: true },
      headers: { 'x-ticket-secret': screen.secret, 'x-device-id': screen.id },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty('refreshToken');
    expect((await refresh(cookieOf(answer), screen.id)).status).toBe(200);
  });

  it('rotates', async () => {
    const { phone, cookie } = await page();
    const answer = await refresh(cookie, phone.id);
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty('refreshToken');
    expect(cookieOf(answer)).not.toBe(cookie);
    expect((await refresh(cookieOf(answer), phone.id)).status).toBe(200);
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
    const answer = await refresh(cookie, phone.id);
    expect(answer.body.code).toBe('session_ended');
    expect(answer.headers.get('set-cookie')).toMatch(gone);
  });

  it('stays when the call names another device', async () => {
    const { phone, cookie } = await page();
    const answer = await refresh(cookie, 'another');
    expect(answer.body.code).toBe('device_mismatch');
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect((await refresh(cookie, phone.id)).status).toBe(200);
  });

  it('is not used for a call that has neither token nor cookie', async () => {
    const answer = await call('POST', `${app.url}/v1/sessions/refresh`, { headers: { 'x-device-id': 'x' } });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([expect.objectContaining({ pointer: '/refreshToken' })]);
  });
});

function cookieOf(answer: Answer): string {
  return answer.headers.get('set-cookie')!.split(';')[0]!;
}

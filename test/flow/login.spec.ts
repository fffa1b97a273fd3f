import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';

let server: RunningApp;
beforeAll(async () => {
  server = await startApp({ TOKEN_ISSUER: 'https://login.test', CONFIRM_CHALLENGE: 'auto' });
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

describe('the login', () => {
  it('signs a screen in with a scan and a confirm, and answers each step at once', async () => {
    const screen = new Screen(server.url);
    const phone = await signedInPhone(server.url);

    const opened = await screen.open({ name: 'Office PC' });
    expect(opened.status).toBe(201);
    expect(opened.headers.get('location')).toBe(`/v1/tickets/${screen.uuid}`);
    expect(opened.body).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      secret: expect.stringMatching(/^[\w-]{43}$/),
      qrUrl: `${server.url}/l/${screen.uuid}`,
      qrImageUrl: `${server.url}/v1/tickets/${screen.uuid}/qr.svg`,
      status: 'pending',
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      expiresIn: 120,
      holdFor: 25,
    });

    const waitingForScan = screen.poll('pending');
    const scanned = await phone.scan(screen);
    expect(scanned.status).toBe(200);
    expect(scanned.body).toMatchObject({
      scanToken: expect.stringMatching(/^[\w-]{43}$/),
      expiresIn: expect.any(Number),
      screen: { type: 'web', name: 'Office PC', browser: null, os: null, ip: '127.0.0.1', network: 'same' },
      requires: { number: true, verification: false, reasons: ['new_screen', 'screen_without_key'] },
    });
    const sawScan = await waitingForScan;
    expect(sawScan.status).toBe(200);
    expect(sawScan.body).toEqual({
      code: 201,
      status: 'scanned',
      expiresIn: expect.any(Number),
      account: { displayName: 'Ada Lovelace', avatarUrl: null, knownHere: false },
      number: expect.any(Number),
    });

    const waitingForConfirm = screen.poll('scanned');
    const confirmed = await phone.confirm(screen, phone.scanToken, sawScan.body.number);
    expect(confirmed.status).toBe(204);
    expect((await waitingForConfirm).body).toMatchObject({ code: 200, status: 'confirmed' });

    const redeemed = await screen.redeem();
    expect(redeemed.status).toBe(200);
    expect(redeemed.body).toEqual({
      tokenType: 'Bearer',
      accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expiresIn: 600,
      refreshToken: expect.any(String),
      refreshExpiresIn: 1800,
      session: { id: expect.any(String) },
      account: { id: phone.tokens!.account.id, displayName: 'Ada Lovelace', avatarUrl: null },
    });

    // the screen's session is its own: another id, another device, and both are listed
    expect((await screen.account()).body).toMatchObject({ id: phone.tokens!.account.id, username: phone.username });
    const { sessions } = (await phone.sessions()).body;
    expect(sessions).toHaveLength(2);
    expect(sessions).toContainEqual({
      id: screen.tokens!.session.id,
      current: false,
      device: { type: 'web', name: 'Office PC', browser: null, os: null },
      ip: '127.0.0.1',
      createdAt: expect.any(String),
      lastSeenAt: expect.any(String),
    });
    expect((await screen.poll('confirmed')).body).toMatchObject({ code: 400, status: 'redeemed' });
  });

  it('puts account and session into a token of the kind that other services can check', async () => {
    const phone = await signedInPhone(server.url);
    const [header, claims] = phone
      .tokens!.accessToken.split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(claims).toEqual({
      iss: 'https://login.test',
      aud: 'https://login.test',
      sub: phone.tokens!.account.id,
      sid: phone.tokens!.session.id,
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: claims.iat + 600,
      device_type: 'phone',
    });
  });
});

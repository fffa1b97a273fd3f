import { deviceKey, screenLogin } from '@scan-login/client';
import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Screen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { DeviceKey } from '../support/device-key.js';
import { FakeClock } from './support/fake-clock.js';
import { fakeKey, fakeLogin, statesOf, THUMBPRINT } from './support/fake-login.js';
import { FakeServer, TOKENS, UUID } from './support/fake-server.js';
import { next, signedInPhone, signIn } from './support/people.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ CONFIRM_CHALLENGE: 'off' });
});
afterAll(async () => {
  await app.close();
});

const device = { type: 'web', name: 'Office PC' } as const;

describe('the key of a screen', () => {
  it('has the thumbprint of RFC 7638', async () => {
    const key = (await deviceKey())!;
    const { jwk } = decodeProtectedHeader(await key.prove('GET', '/'));
    expect(await key.thumbprint!()).toBe(await calculateJwkThumbprint(jwk!));
  });

  it('is in the link, which the phone compares, and is needed to redeem', async () => {
    const phone = await signedInPhone(app.url);
    const key = (await deviceKey())!;
    const steps = screenLogin({ server: app.url, device, key });
    const { qrUrl } = await next(steps, 'waiting');
    const thumbprint = await key.thumbprint!();
    expect(qrUrl).toContain(`#k=${thumbprint.slice(0, 22)}`);
    const ticket = await phone.scan(qrUrl);
    expect(ticket.screen).toMatchObject({ key: thumbprint });
    await ticket.confirm();
    await next(steps, 'confirmed');
    expect((await next(steps, 'signed-in')).tokens.tokenType).toBe('DPoP');
  });

  it('leaves the session unbound where its program wants bearer tokens', async () => {
    const phone = await signedInPhone(app.url);
    const key = await deviceKey();
    const signedIn = await signIn(phone.session, { server: app.url, device, key, tokenType: 'Bearer' });
    expect(signedIn).toMatchObject({ tokens: { tokenType: 'Bearer' }, key: undefined });
  });

  it('is not named by a screen whose own key has no thumbprint, and binds its session all the same', async () => {
    const phone = await signedInPhone(app.url);
    const key = Object.assign((await deviceKey())!, { thumbprint: undefined });
    const steps = screenLogin({ server: app.url, device, key });
    const { qrUrl } = await next(steps, 'waiting');
    expect(qrUrl).not.toContain('#');
    await (await phone.scan(qrUrl)).confirm();
    await next(steps, 'confirmed');
    expect((await next(steps, 'signed-in')).tokens.tokenType).toBe('DPoP');
  });
});

describe('a phone whose link does not name the key of the screen that asks', () => {
  const mismatch = { name: 'ScanLoginError', code: 'screen_key_mismatch', isPassing: false };

  it.each([
    ['another key', (link: string, other: string) => link.replace(/k=.{22}/, `k=${other.slice(0, 22)}`)],
    ['none', (link: string) => link.replace(/#.*/, '')],
    ['the uuid alone', (link: string) => /\/l\/([^#]+)/.exec(link)![1]!],
  ])('refuses: %s', async (_what, changed) => {
    const phone = await signedInPhone(app.url);
    const screen = new Screen(app.url);
    screen.key = await DeviceKey.make();
    await screen.open();
    const other = await DeviceKey.make();
    await expect(phone.scan(changed(screen.qrUrl, other.thumbprint))).rejects.toMatchObject(mismatch);
    expect((await screen.poll()).body.status).toBe('denied');
  });

  it('refuses a key in the link of a screen without one', async () => {
    const phone = await signedInPhone(app.url);
    const screen = new Screen(app.url);
    await screen.open();
    await expect(phone.scan(`${screen.qrUrl}#k=${THUMBPRINT.slice(0, 22)}`)).rejects.toMatchObject(mismatch);
    expect((await screen.poll()).body.status).toBe('denied');
  });
});

describe('a screen with a key', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });

  it('shows no code whose link names no key, or another one', async () => {
    const server = new FakeServer(clock);
    await expect(statesOf(fakeLogin(server, clock, { key: fakeKey() }), clock)).rejects.toMatchObject({
      code: 'screen_key_mismatch',
    });
  });

  it('names its key when it opens the ticket, and proves it', async () => {
    const server = new FakeServer(clock, {
      POST: () => ({
        status: 201,
        body: {
          uuid: UUID,
          secret: 'secret',
          qrUrl: `https://login.example.org/l/${UUID}#k=${THUMBPRINT.slice(0, 22)}`,
          qrImageUrl: `https://login.example.org/v1/tickets/${UUID}/qr.svg`,
          expiresAt: '2026-11-25T00:02:00.000Z',
          expiresIn: 120,
        },
      }),
      'GET /status': () => ({ body: { code: 200, status: 'confirmed', expiresIn: 60 } }),
      'POST /redeem': () => ({ body: TOKENS }),
    });
    const options = { key: async () => fakeKey(), tokenType: 'Bearer' } as const;
    const seen = await statesOf(fakeLogin(server, clock, options), clock);
    expect(seen.map(({ at }) => at)).toEqual(['waiting', 'confirmed', 'signed-in']);
    expect(server.calls[0]!.body).toEqual({ device: { type: 'web', id: 'screen-1' }, keyThumbprint: THUMBPRINT });
    const redeem = server.calls.at(-1)!;
    expect(redeem.body).toEqual({ tokenType: 'Bearer' });
    expect(redeem.headers['DPoP']).toBe(`POST /v1/tickets/${UUID}/redeem`);
  });
});

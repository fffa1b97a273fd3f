import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Phone, rowOf, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { DeviceKey } from '../support/device-key.js';
import { call } from '../support/http.js';

let server: RunningApp;
let phone: Phone;
let stranger: DeviceKey;

beforeAll(async () => {
  server = await startApp({ SESSIONS_PER_DEVICE_TYPE: '0' });
  phone = await signedInPhone(server.url);
  stranger = await DeviceKey.make();
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

async function screenWithKey(): Promise<Screen> {
  const screen = Object.assign(new Screen(server.url), { key: await DeviceKey.make() });
  await screen.open();
  return screen;
}

async function confirmed(screen: Screen): Promise<Screen> {
  await phone.scan(screen);
  await phone.confirm(screen);
  return screen;
}

async function isKnown(screen: Screen): Promise<boolean> {
  await screen.open();
  await phone.scan(screen);
  const { account } = (await screen.poll('pending')).body;
  await screen.cancel();
  return account.knownHere;
}

const usedProofs = async () => Number((await server.db.query('SELECT count(*) FROM used_proofs'))[0].count);
const refused = { status: 401, body: { code: 'proof_invalid' } };

describe('a ticket that is opened with the thumbprint of a key', () => {
  it('has a link that names the key in its fragment, and its picture shows the same link', async () => {
    const screen = await screenWithKey();
    const link = `${server.url}/l/${screen.uuid}#k=${screen.key!.thumbprint.slice(0, 22)}`;
    expect(screen.qrUrl).toBe(link);
    const plain = new Screen(server.url);
    await plain.open();
    expect(plain.qrUrl).toBe(`${server.url}/l/${plain.uuid}`);
    const [named, unnamed] = await Promise.all(
      [screen, plain].map(async ({ uuid }) => (await call('GET', `${server.url}/v1/tickets/${uuid}/qr.svg`)).body),
    );
    const { svgOf } = await import('../../libs/qr/src/http/qr-picture.js');
    expect(named).toBe(await svgOf(link));
    expect(unnamed).toBe(await svgOf(plain.qrUrl));
  });

  it('tells the phone that scans it the whole thumbprint, and null where there is no key', async () => {
    const screen = await screenWithKey();
    expect((await phone.scan(screen)).body.screen.key).toBe(screen.key!.thumbprint);
    const plain = new Screen(server.url);
    await plain.open();
    expect((await phone.scan(plain)).body.screen.key).toBeNull();
  });

  it.each(['', 'x', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}=`, `${'a'.repeat(42)}+`, 7, null])(
    'is refused if that is %j',
    async (keyThumbprint) => {
      const json = { device: { id: 'screen', type: 'web' }, keyThumbprint };
      const { status, body } = await call('POST', `${server.url}/v1/tickets`, { json });
      expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ pointer: '/keyThumbprint' }] } });
    },
  );

  it('is redeemed with a proof by that key, and the tokens are bound to it', async () => {
    const screen = await confirmed(await screenWithKey());
    const { status, body } = await screen.redeem();
    expect({ status, tokenType: body.tokenType }).toEqual({ status: 200, tokenType: 'DPoP' });
    expect(decodeJwt(body.accessToken)).toMatchObject({ cnf: { jkt: screen.key!.thumbprint } });
  });

  it('is refused to the right secret without a proof, or with that of another key, and stays as it was', async () => {
    const screen = await confirmed(await screenWithKey());
    const before = [await rowOf(server.db, screen), await usedProofs()];
    for (const by of [null, stranger]) {
      for (const tokenType of [undefined, 'Bearer', 'DPoP'] as const) {
        expect(await screen.redeem({ by, tokenType })).toMatchObject(refused);
      }
    }
    expect([await rowOf(server.db, screen), await usedProofs()]).toEqual(before);
    expect((await screen.redeem()).status).toBe(200);
  });

  it('does not tell a caller with a wrong secret, or on another device, that it has a key', async () => {
    const screen = await confirmed(await screenWithKey());
    for (const by of [null, stranger, screen.key]) {
      expect(await screen.redeem({ secret: 'wrong', by })).toMatchObject({ body: { code: 'ticket_not_found' } });
      expect(await screen.redeem({ device: 'other', by })).toMatchObject({ body: { code: 'device_mismatch' } });
    }
  });

  it('writes it down when a caller with the right secret has not the key', async () => {
    const screen = await confirmed(await screenWithKey());
    await screen.redeem({ by: stranger });
    await expect
      .poll(() =>
        server.db.query("SELECT detail FROM audit_events WHERE ticket_uuid = $1 AND event = 'ticket.refused'", [
          screen.uuid,
        ]),
      )
      .toEqual([{ detail: { code: 'proof_invalid' } }]);
  });

  it('is redeemed again with the same key alone, if the response got lost', async () => {
    const screen = await confirmed(await screenWithKey());
    const first = await screen.redeem();
    for (const by of [null, stranger]) expect(await screen.redeem({ by })).toMatchObject(refused);
    const again = await screen.redeem();
    expect(again).toMatchObject({ status: 200, body: { tokenType: 'DPoP', session: first.body.session } });
  });

  it('uses each proof up: the same one does not redeem again, another one does', async () => {
    const screen = await confirmed(await screenWithKey());
    const url = `${server.url}/v1/tickets/${screen.uuid}/redeem`;
    const dpop = await screen.key!.proof('POST', url);
    const headers = { 'x-ticket-secret': screen.secret, 'x-device-id': screen.id, dpop };
    expect((await call('POST', url, { headers })).status).toBe(200);
    expect(await call('POST', url, { headers })).toMatchObject(refused);
    expect((await screen.redeem()).status).toBe(200);
  });
});

describe('a screen that proves its key, and asks for bearer tokens', () => {
  it('gets a session that is not bound, the first time and again', async () => {
    const screen = await confirmed(await screenWithKey());
    const first = await screen.redeem({ tokenType: 'Bearer' });
    for (const by of [null, stranger]) expect(await screen.redeem({ by, tokenType: 'Bearer' })).toMatchObject(refused);
    const again = await screen.redeem({ tokenType: 'Bearer' });
    for (const { status, body } of [first, again]) {
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { tokenType: 'Bearer', session: first.body.session },
      });
      expect(decodeJwt(body.accessToken)).not.toHaveProperty('cnf');
    }
    expect((await screen.account()).status).toBe(200);
  });

  it('is known by the key all the same', async () => {
    const screen = await confirmed(await screenWithKey());
    const { session } = (await screen.redeem({ tokenType: 'Bearer' })).body;
    const { thumbprint } = screen.key!;
    expect(
      await server.db.query('SELECT key_thumbprint, screen_key FROM sessions WHERE id = $1', [session.id]),
    ).toEqual([{ key_thumbprint: null, screen_key: thumbprint }]);
    expect(await server.db.query('SELECT key_thumbprint FROM known_screens WHERE device_id = $1', [screen.id])).toEqual(
      [{ key_thumbprint: thumbprint }],
    );
  });

  it('need not have named the key before: a proof at redeem is enough', async () => {
    const screen = new Screen(server.url);
    await screen.open();
    await confirmed(screen);
    expect((await screen.redeem({ by: stranger, tokenType: 'Bearer' })).body.tokenType).toBe('Bearer');
  });

  it('gets no tokens of type DPoP without a proof', async () => {
    const screen = new Screen(server.url);
    await screen.open();
    await confirmed(screen);
    expect(await screen.redeem({ tokenType: 'DPoP' })).toMatchObject(refused);
    expect((await screen.redeem({ by: stranger, tokenType: 'DPoP' })).body.tokenType).toBe('DPoP');
  });
});

describe('an account on a screen with a key', () => {
  it('is known there by the key: not on another device, not with another key, and not without one', async () => {
    const screen = await confirmed(await screenWithKey());
    await screen.redeem();
    expect(await isKnown(screen)).toBe(true);
    const { key, id } = screen;
    expect(await isKnown(Object.assign(new Screen(server.url), { key, id: `${id}-2` }))).toBe(false);
    expect(await isKnown(Object.assign(new Screen(server.url), { key: stranger, id }))).toBe(false);
    expect(await isKnown(Object.assign(new Screen(server.url), { id }))).toBe(false);
  });
});

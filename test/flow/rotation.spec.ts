import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { svgOf } from '../../libs/qr/src/http/qr-picture.js';
import { codeIn, letPass, type Phone, rowOf, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { DeviceKey } from '../support/device-key.js';
import { call } from '../support/http.js';

/** Two instances; a code is shown for thirty seconds, and may be scanned for ten more. */
let server: RunningApp;
let other: RunningApp;
let phone: Phone;

beforeAll(async () => {
  server = await startApp({ REREAD_EVERY: '60' });
  other = await startApp({ DATABASE_URL: server.databaseUrl });
  phone = await signedInPhone(server.url);
});
afterAll(async () => {
  expect([server, other].map(({ bell }) => bell.size)).toEqual([0, 0]);
  await Promise.all([server.close(), other.close()]);
});

async function rotating(at: RunningApp = server, key?: DeviceKey): Promise<Screen> {
  const screen = Object.assign(new Screen(at.url), { rotates: true, key });
  await screen.open();
  return screen;
}

const outdated = { status: 410, body: { code: 'code_outdated' } };
const wrongStatus = (currentStatus: string) => ({ status: 409, body: { code: 'ticket_wrong_status', currentStatus } });

describe('a ticket that rotates', () => {
  it('has a code in the fragment of its link, after the key if it has one, and says when that changes', async () => {
    const screen = Object.assign(new Screen(server.url), { rotates: true, key: await DeviceKey.make() });
    const { body } = await screen.open();
    const key = screen.key.thumbprint.slice(0, 22);
    const link = new RegExp(`^${server.url}/l/${screen.uuid}#k=${key}&c=[\\w-]{8}$`);
    expect(body.qrUrl).toMatch(link);
    expect(body.rotatesIn).toBe(30);
    expect(body.qrImageUrl).toBe(`${server.url}/v1/tickets/${screen.uuid}/qr.svg?code=${codeIn(body.qrUrl)}`);
    const unnamed = await rotating();
    expect(unnamed.qrUrl).toMatch(new RegExp(`^${server.url}/l/${unnamed.uuid}#c=[\\w-]{8}$`));
    expect(codeIn(unnamed.qrUrl)).not.toBe(codeIn(body.qrUrl));
  });

  it('has another code each thirty seconds, the same at every instance, and computing it writes nothing', async () => {
    const screen = await rotating();
    const before = await server.db.query('SELECT *, xmin FROM tickets WHERE uuid = $1', [screen.uuid]);
    const codes = [codeIn(screen.qrUrl)];
    for (const at of [server, other]) {
      const { body } = await screen.at(at.url).code();
      expect(codeIn(body.qrUrl)).toBe(codes[0]);
      expect(body.qrImageUrl).toMatch(new RegExp(`/v1/tickets/${screen.uuid}/qr.svg\\?code=${codes[0]}$`));
      expect(body.rotatesIn).toBeGreaterThan(15);
      expect(body.rotatesIn).toBeLessThanOrEqual(30);
      expect(body.expiresIn).toBeGreaterThan(100);
    }
    expect(await server.db.query('SELECT *, xmin FROM tickets WHERE uuid = $1', [screen.uuid])).toEqual(before);
    for (let round = 0; round < 3; round += 1) {
      await letPass(server.db, screen, 30);
      codes.push(codeIn((await screen.code()).body.qrUrl));
    }
    expect(new Set(codes).size).toBe(4);
    await letPass(server.db, screen, 12);
    const { rotatesIn } = (await screen.code()).body;
    expect(rotatesIn).toBeGreaterThan(0);
    expect(rotatesIn).toBeLessThanOrEqual(18);
  });

  it('is scanned with its present code, at any instance', async () => {
    const screen = await rotating();
    await letPass(server.db, screen, 30);
    const { qrUrl } = (await screen.at(other.url).code()).body;
    expect(await phone.scan({ uuid: screen.uuid, qrUrl })).toMatchObject({ status: 200 });
  });

  it('is scanned with the code before for ten seconds after the change, and then no more', async () => {
    const [early, late] = [await rotating(), await rotating()];
    await letPass(server.db, early, 30);
    expect(await phone.scan(early)).toMatchObject({ status: 200 });
    await letPass(server.db, late, 40);
    const before = await rowOf(server.db, late);
    expect(await phone.scan(late)).toMatchObject(outdated);
    expect(await rowOf(server.db, late)).toEqual(before);
    await late.code();
    expect(await phone.scan(late)).toMatchObject({ status: 200 });
  });

  it('is scanned with no other code: none, a wrong one, that of another ticket, or one that is still to come', async () => {
    const [screen, another] = [await rotating(), await rotating()];
    const before = await rowOf(server.db, screen);
    const scan = (json?: object) => phone.as('POST', `/v1/tickets/${screen.uuid}/scan`, json);
    for (const json of [
      undefined,
      {},
      { code: '' },
      { code: 'AAAAAAAA' },
      { code: codeIn(another.qrUrl) },
      { code: '%' },
    ]) {
      expect(await scan(json), JSON.stringify(json)).toMatchObject(outdated);
    }
    await letPass(server.db, screen, 30);
    const next = codeIn((await screen.code()).body.qrUrl);
    await letPass(server.db, screen, -30);
    expect(await scan({ code: next })).toMatchObject(outdated);
    for (const code of [7, null, ['x'], 'x'.repeat(65), 'a\u0000b']) {
      expect(await scan({ code }), JSON.stringify(code)).toMatchObject({ status: 400 });
    }
    expect(await rowOf(server.db, screen)).toEqual(before);
  });

  it('may be scanned again without a code by the phone that has scanned it, and by no other with one', async () => {
    const screen = await rotating();
    await phone.scan(screen);
    const { scanToken } = (await phone.scan({ uuid: screen.uuid })).body;
    const stranger = await signedInPhone(server.url);
    expect(await stranger.scan(screen)).toMatchObject({ body: { code: 'ticket_already_scanned' } });
    expect((await phone.confirm(screen, scanToken)).status).toBe(204);
    expect((await screen.redeem()).status).toBe(200);
  });

  it('tells its code to the screen alone, and only while it waits for a scan', async () => {
    const screen = await rotating();
    expect(await screen.code('wrong')).toMatchObject({ status: 404, body: { code: 'ticket_not_found' } });
    await phone.scan(screen);
    expect(await screen.code()).toMatchObject(wrongStatus('scanned'));
    const late = await rotating();
    await letPass(server.db, late, 121);
    expect(await late.code()).toMatchObject({ status: 410, body: { code: 'ticket_expired' } });
    const plain = new Screen(server.url);
    expect((await plain.open()).body).not.toHaveProperty('rotatesIn');
    expect(await plain.code()).toMatchObject(wrongStatus('pending'));
  });

  it('has a picture of each code while that is valid, and none without it', async () => {
    const screen = await rotating();
    const first = codeIn(screen.qrUrl);
    const picture = (code?: string) =>
      call('GET', `${server.url}/v1/tickets/${screen.uuid}/qr.svg${code === undefined ? '' : `?code=${code}`}`);
    expect((await picture(first)).body).toBe(await svgOf(screen.qrUrl));
    for (const code of [undefined, '', 'AAAAAAAA']) {
      expect(await picture(code), code).toMatchObject({ status: 404, body: { code: 'ticket_not_found' } });
    }
    await letPass(server.db, screen, 41);
    expect((await picture(first)).status).toBe(404);
    const { qrImageUrl, qrUrl } = (await screen.code()).body;
    expect((await call('GET', qrImageUrl)).body).toBe(await svgOf(qrUrl));
    expect((await call('GET', qrImageUrl.replace('.svg', '.png'))).status).toBe(200);
  });

  it('does not disturb the poll that is held for it', async () => {
    const screen = await rotating();
    const waiting = screen.poll('pending');
    await expect.poll(() => server.bell.size).toBe(1);
    await letPass(server.db, screen, 30);
    await screen.code();
    expect(server.bell.waiters).toBe(1);
    await phone.scan(screen);
    expect((await waiting).body).toMatchObject({ code: 201, status: 'scanned' });
  });
});

describe('the times of a rotation', () => {
  it('are configured, and the overlap is never longer than a code was shown', async () => {
    const quick = await startAppForTest({ CODE_ROTATES: '10', CODE_OVERLAP: '60' });
    const own = await signedInPhone(quick.url);
    const [early, late] = [await rotating(quick), await rotating(quick)];
    await letPass(quick.db, early, 15);
    expect(await own.scan(early)).toMatchObject({ status: 200 });
    await letPass(quick.db, late, 20);
    expect(await own.scan(late)).toMatchObject(outdated);
  });
});

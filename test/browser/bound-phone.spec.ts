import type { BrowserContext, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from './support/chromium.js';
import { type PhonePage, type Scene, Stage } from './support/stage.js';

const TEN_MINUTES_MS = 600_000;

interface Sent {
  path: string;
  authorization?: string;
  proof?: string;
}

describe.skipIf(!hasChromium)('the session of the page of the phone', { concurrent: true }, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.set({ SESSIONS_PER_DEVICE_TYPE: '0' });
  });
  afterAll(() => stage?.strike());

  async function signIn(phone: PhonePage, origin = stage.url): Promise<void> {
    await phone.page.goto(`${origin}/phone`);
    await phone.signIn(await stage.account('Ada Lovelace'));
    await phone.page.locator('device-list li').first().waitFor();
  }

  it('is bound to a key of the browser: every call is proven once, before and after a reload', () =>
    stage.play(async (scene) => {
      const { phone, sent } = await phoneWith(scene);
      await signIn(phone);
      await resumes(phone);
      const screen = await scene.screen();
      await phone.open(await screen.link());
      await phone.button('Confirm').click();
      await screen.goOn();
      await screen.heading('Hello, Ada Lovelace').waitFor();

      expect(new Set(sent.map(({ path }) => path.split('/').at(-1)))).toEqual(
        new Set(['sessions', 'screens', 'notices', 'passkeys', 'refresh', 'scan', 'confirm', 'outcome']),
      );
      const proofs = sent.map(({ proof }) => proof);
      for (const proof of proofs) expect(proof).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(new Set(proofs).size).toBe(proofs.length);
      for (const { authorization } of sent) expect(authorization ?? 'DPoP').toMatch(/^DPoP/);
    }));

  it('is bound to the one key of the browser, which two tabs may ask for at the same moment', () =>
    stage.play(async (scene) => {
      const { phone } = await phoneWith(scene);
      await phone.page.goto(`${stage.url}/phone`);
      const keys = await phone.page.evaluate<string[]>(`import('/assets/device-key.js').then(async ({ deviceKey }) => {
        const keys = await Promise.all([1, 2, 3].map(() => deviceKey({ name: 'tried' })));
        const proofs = await Promise.all(keys.map((key) => key.prove('GET', '/')));
        return proofs.map((proof) => proof.split('.')[0]);
      })`);
      expect(keys).toHaveLength(3);
      expect(new Set(keys).size).toBe(1);
    }));

  it('is proven by a key that cannot be taken out of the browser', () =>
    stage.play(async (scene) => {
      const { phone } = await phoneWith(scene);
      await signIn(phone);
      const exported = phone.page.evaluate(`new Promise((resolve, reject) => {
        const opening = indexedDB.open('scan-login');
        opening.onsuccess = () => {
          const kept = opening.result.transaction('keys').objectStore('keys').get('phone');
          kept.onsuccess = () => crypto.subtle.exportKey('jwk', kept.result.privateKey).then(resolve, reject);
        };
      })`);
      await expect(exported).rejects.toThrow('key is not extractable');
    }));

  it('is worth nothing to a thief of all that the browser sends: token, proof and cookie', () =>
    stage.play(async (scene) => {
      const { phone, sent } = await phoneWith(scene);
      await signIn(phone);
      const { authorization, proof } = sent.find(({ path, ...one }) => path === '/v1/sessions' && one.authorization)!;
      const token = authorization!.split(' ')[1];
      const deviceId = await phone.page.evaluate<string>(`localStorage.getItem('scan-login.phone')`);
      const [cookie] = await phone.page.context().cookies(`${stage.url}/v1/sessions`);
      const tries: [method: string, path: string, headers: Record<string, string>][] = [
        ['GET', '/v1/account', { authorization: `Bearer ${token}` }],
        ['GET', '/v1/account', { authorization: `DPoP ${token}` }],
        ['GET', '/v1/account', { authorization: `DPoP ${token}`, dpop: proof! }],
        ['GET', '/v1/sessions', { authorization: `DPoP ${token}`, dpop: proof! }],
        ['POST', '/v1/sessions/refresh', { cookie: `${cookie!.name}=${cookie!.value}`, origin: stage.url }],
      ];
      for (const [method, path, headers] of tries) {
        const response = await fetch(stage.url + path, { method, headers: { 'x-device-id': deviceId, ...headers } });
        expect(await response.json(), path).toMatchObject({ status: 401, code: 'proof_invalid' });
      }
      await resumes(phone);
    }));

  it('is proven for the address that the server has, wherever the page was opened', () =>
    stage.play(async (scene) => {
      const { phone, sent } = await phoneWith(scene);
      await signIn(phone);
      const { body } = await (
        await stage.signedInPhone()
      ).as('POST', '/v1/tickets', {
        device: { id: 'screen', type: 'web' },
      });
      const server = new URL(body.qrUrl as string).origin;
      const proven = sent.map(({ proof }) => JSON.parse(Buffer.from(proof!.split('.')[1]!, 'base64url').toString()));
      for (const { htu } of proven) expect(new URL(htu as string).origin).toBe(server);
    }));

  it('goes on where the clock of the phone is wrong, and where it is set right', () =>
    stage.play(async (scene) => {
      const { phone, sent } = await phoneWith(scene, (context) =>
        context.clock.install({ time: Date.now() - TEN_MINUTES_MS }),
      );
      await signIn(phone);
      await resumes(phone);
      await phone.page.context().clock.setSystemTime(Date.now());
      await resumes(phone);
      expect(sent.at(-1)!.authorization).toMatch(/^DPoP/);
    }));

  it('is not bound where the browser has no keys, as on plain http in a local network, and goes on all the same', () =>
    stage.play(async (scene) => {
      const { phone, sent } = await phoneWith(scene);
      await signIn(phone, stage.url.replace('localhost', 'phone.test'));
      await resumes(phone);
      expect(sent.some(({ authorization }) => authorization)).toBe(true);
      for (const { authorization, proof } of sent) {
        expect(authorization ?? 'Bearer').toMatch(/^Bearer/);
        expect(proof).toBeUndefined();
      }
    }));

  it('is not bound where the browser cannot keep a key, and goes on after a reload all the same', () =>
    stage.play(async (scene) => {
      const { phone, sent } = await phoneWith(scene, (context) =>
        context.addInitScript(`IDBFactory.prototype.open = () => { throw new Error('no storage') }`),
      );
      await signIn(phone);
      await resumes(phone);
      expect(sent.at(-1)!.authorization).toMatch(/^Bearer/);
    }));
});

async function resumes({ page }: PhonePage): Promise<void> {
  await page.reload();
  await page.locator('device-list li').first().waitFor();
}

/** A phone that is not signed in yet, and the calls for sessions and in their name that it makes from now on. */
async function phoneWith(scene: Scene, prepare?: (context: BrowserContext) => Promise<unknown>) {
  const phone = await scene.phone();
  await prepare?.(phone.page.context());
  const sent: Sent[] = [];
  phone.page.on('request', (request: Request) => {
    const path = new URL(request.url()).pathname;
    const { authorization, dpop: proof } = request.headers();
    if (authorization || path.startsWith('/v1/sessions')) sent.push({ path, authorization, proof });
  });
  return { phone, sent };
}

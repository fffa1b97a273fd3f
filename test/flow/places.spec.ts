import { readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as wire from '@scan-login/client';
import { Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { examine } from '../../apps/server/src/cli/doctor/examine.js';
import { GeoipPlaces } from '../../apps/server/src/places/geoip-places.js';
import { type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startAppForTest } from '../support/app.js';
import { DeviceKey } from '../support/device-key.js';
import { call } from '../support/http.js';

/** Addresses in the test database, which has a few networks. */
const LONDON = '81.2.69.160';
const CHANGCHUN = '175.16.199.1';
const JAPAN = '2001:218::1';
const NOWHERE = '203.0.113.7';

const DATABASE = path.join(import.meta.dirname, '../support/geoip/GeoLite2-City-Test.mmdb');
const CONTENT = readFileSync(DATABASE);
const withText = (text: string, other: string) =>
  Buffer.from(CONTENT.toString('latin1').replaceAll(text, other), 'latin1');

/** A copy of the database, which the test may replace. */
async function copyOfTheDatabase(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'scan-login-places-'));
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'places.mmdb');
  await fs.copyFile(DATABASE, file);
  return file;
}

/** As a program that updates the database does it. */
async function replace(file: string, content: Buffer): Promise<void> {
  await fs.writeFile(`${file}.new`, content);
  await fs.rename(`${file}.new`, file);
}

async function placesIn(file: string): Promise<GeoipPlaces> {
  const places = await GeoipPlaces.in(file);
  onTestFinished(() => places.onModuleDestroy());
  return places;
}

/** An instance whose trusted proxy states the address of each call. */
const startServer = (file?: string): Promise<RunningApp> =>
  startAppForTest({
    CONFIRM_CHALLENGE: 'auto',
    TRUST_PROXY: 'loopback',
    ...(file !== undefined && { GEOIP_DATABASE: file }),
  });

const from = (ip: string) => ({ 'x-forwarded-for': ip });

interface Scan extends Pick<wire.ScanResult, 'screen' | 'requires'> {
  /** Those of the account, afterwards. */
  screens: { place: string | null }[];
}

/** A phone beside the screen scans it, and signs it in. */
async function signIn(phone: Phone, screen: Screen, ip: string): Promise<Scan> {
  const json = { device: { id: screen.id, type: 'web' }, keyThumbprint: screen.key!.thumbprint };
  const opened = await call('POST', `${screen.url}/v1/tickets`, { json, headers: from(ip) });
  Object.assign(screen, { uuid: opened.body.uuid, secret: opened.body.secret });
  const scan = await phone.as('POST', `/v1/tickets/${screen.uuid}/scan`, undefined, from(ip));
  const { number } = (await screen.poll('pending')).body;
  expect((await phone.confirm(screen, scan.body.scanToken, number)).status).toBe(204);
  expect((await screen.redeem()).status).toBe(200);
  return { ...scan.body, ...(await phone.as('GET', '/v1/account/screens')).body };
}

async function actorsAt({ url }: RunningApp): Promise<[Phone, Screen]> {
  return [await signedInPhone(url), Object.assign(new Screen(url), { key: await DeviceKey.make() })];
}

describe('GEOIP_DATABASE', () => {
  it('tells the phone where the screen is, and the account where its screens were', async () => {
    const [phone, screen] = await actorsAt(await startServer(DATABASE));
    const { screen: told, screens } = await signIn(phone, screen, LONDON);
    expect(told.place).toBe('London, United Kingdom');
    expect(screens).toMatchObject([{ place: 'London, United Kingdom' }]);
  });

  it('makes another place than at the last sign-in a reason to ask for more, once', async () => {
    const [phone, screen] = await actorsAt(await startServer(DATABASE));
    expect((await signIn(phone, screen, LONDON)).requires.reasons).toEqual(['new_screen']);
    expect((await signIn(phone, screen, '81.2.69.190')).requires.reasons).toEqual([]);
    const away = await signIn(phone, screen, CHANGCHUN);
    expect(away.requires).toMatchObject({ number: true, reasons: ['new_place'] });
    expect(away.screens).toMatchObject([{ place: 'Changchun, China' }]);
    expect((await signIn(phone, screen, CHANGCHUN)).requires.reasons).toEqual([]);
  });

  it('leaves the place out where the database does not know it, and where there is no database', async () => {
    for (const [file, ip] of [
      [DATABASE, NOWHERE],
      [undefined, LONDON],
    ] as const) {
      const { screen: told, screens } = await signIn(...(await actorsAt(await startServer(file))), ip);
      expect(told.place).toBeNull();
      expect(screens).toMatchObject([{ place: null }]);
    }
  });
});

describe('a database of places', () => {
  it('knows a country where it knows no city, and nothing about what is no address', async () => {
    const places = await placesIn(DATABASE);
    expect(places.of(JAPAN)).toBe('Japan');
    for (const unknown of ['10.0.0.1', '::1', 'unknown', '']) expect(places.of(unknown)).toBeNull();
  });

  it('is read again when its file is replaced, and kept while the file cannot be read', async () => {
    const file = await copyOfTheDatabase();
    const places = await placesIn(file);
    const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    onTestFinished(() => warned.mockRestore());

    await replace(file, CONTENT.subarray(0, 9_000));
    await expect.poll(() => warned.mock.lastCall, { timeout: 20_000 }).toMatchObject([{ event: 'places.unreadable' }]);
    expect(places.of(LONDON)).toBe('London, United Kingdom');

    await replace(file, withText('London', 'Lundun'));
    await expect.poll(() => places.of(LONDON), { timeout: 20_000 }).toBe('Lundun, United Kingdom');
  });

  const wrong: Record<string, [content: Buffer | undefined, reason: RegExp]> = {
    'is missing': [undefined, /cannot be read: ENOENT/],
    'is something else': [Buffer.from('no database'), /not a database in MaxMind's format/],
    'has other facts': [withText('GeoLite2-City', 'GeoLite2-Anon'), /without cities and countries \(GeoLite2-Anon\)/],
    'is empty': [Buffer.alloc(0), /not a database in MaxMind's format/],
  };
  for (const [what, [content, reason]] of Object.entries(wrong)) {
    it(`that ${what} stops the start with a sentence, and is found by the doctor`, async () => {
      const file = `${await copyOfTheDatabase()}.other`;
      if (content) await fs.writeFile(file, content);
      await expect(startServer(file)).rejects.toThrow(reason);
      const [check] = await examine({ GEOIP_DATABASE: file });
      expect(check).toMatchObject({ name: 'configuration', result: 'fail', message: expect.stringMatching(reason) });
    });
  }
});

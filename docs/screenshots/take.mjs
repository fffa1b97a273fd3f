// Takes the pictures of the pages: `npm run build:web && node docs/screenshots/take.mjs [directory [pattern]]`.
// Without a directory the few that the documentation shows; with one, every state in every width, colour and language,
// or those whose names match the pattern.
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { chromium } from 'playwright-core';
import QRCode from 'qrcode';

const WEB = path.join(import.meta.dirname, '../../dist/web');
const UUID = '5f0c1f7e-7b1c-4c5e-9f0a-2d9b7c1e4a63';
const QR_URL = `https://login.example.org/l/${UUID}`;
const IMAGE_URL = `https://login.example.org/v1/tickets/${UUID}/qr.svg`;
const NOW = Date.now();
const ago = (seconds) => new Date(NOW - seconds * 1000).toISOString();

const PEOPLE = { en: 'Ada Lovelace', 'zh-CN': '林晓' };
const svg = await QRCode.toString(QR_URL, { margin: 4, errorCorrectionLevel: 'M', type: 'svg' });

/** The server of these pictures: says what each state needs, and nothing else. */
function answersOf(
  name,
  {
    status = 'pending',
    knownHere = true,
    number,
    reason,
    scan = {},
    reasons = [],
    outcome,
    signIn = 201,
    isIn = true,
    isNew = false,
    passkeys = [],
  } = {},
) {
  const account = { id: '1', username: 'ada', displayName: name, avatarUrl: null };
  const tokens = { accessToken: 'x', expiresIn: 600, refreshExpiresIn: 1800, session: { id: '1' }, account };
  const device = { type: 'web', name: null, browser: 'Firefox 145', os: 'Windows 11' };
  const sessions = [
    {
      id: '1',
      current: true,
      device: { ...device, type: 'phone', browser: 'Safari 26', os: 'iOS 26' },
      ip: '198.51.100.7',
      createdAt: ago(9e5),
      lastSeenAt: ago(5),
    },
    { id: '2', current: false, device, ip: '198.51.100.7', createdAt: ago(300), lastSeenAt: ago(40) },
    {
      id: '3',
      current: false,
      device: { ...device, type: 'tv', name: 'Living room', browser: null, os: 'Android 15' },
      ip: '198.51.100.7',
      createdAt: ago(8e4),
      lastSeenAt: ago(7500),
    },
    {
      id: '4',
      current: false,
      device: { ...device, type: 'cli', name: 'build-7', browser: null, os: 'Linux' },
      ip: '203.0.113.20',
      createdAt: ago(5e5),
      lastSeenAt: ago(2e5),
    },
  ];
  const screen = {
    type: 'web',
    name: null,
    browser: 'Firefox 145',
    os: 'Windows 11',
    ip: '198.51.100.7',
    openedAt: ago(20),
    network: 'same',
    ...scan,
  };
  return {
    'POST /v1/tickets': [
      201,
      { uuid: UUID, secret: 's', qrUrl: QR_URL, qrImageUrl: IMAGE_URL, expiresIn: 120, holdFor: 25 },
    ],
    'GET /v1/tickets/qr.svg': [200, svg, 'image/svg+xml'],
    'GET /v1/tickets/status':
      status === 'pending'
        ? 'hold'
        : [200, { status, expiresIn: 60, account: { ...account, knownHere }, number, reason }],
    'POST /v1/tickets/redeem': [200, tokens],
    'POST /v1/tickets/scan': scan.problem ?? [
      200,
      {
        scanToken: 't',
        expiresIn: 60,
        screen,
        requires: { number: number !== undefined, verification: false, reasons },
      },
    ],
    'POST /v1/tickets/confirm': [204, ''],
    'GET /v1/tickets/outcome': outcome ? [200, { status: outcome, expiresIn: 60 }] : 'hold',
    'POST /v1/tickets/deny': [204, ''],
    'POST /v1/sessions': signIn === 201 ? [201, tokens] : [signIn, { code: 'invalid_credentials' }],
    'POST /v1/sessions/refresh': isIn ? [200, tokens] : [401, { code: 'session_ended' }],
    'GET /v1/sessions': [200, { sessions: isIn === 'screen' ? [{ ...sessions[1], current: true }] : sessions }],
    'GET /v1/account': [200, account],
    'GET /v1/account/notices': [200, ': still here\n\n', 'text/event-stream'],
    'GET /v1/account/screens': [200, { screens: screensOf(sessions, isNew) }],
    'DELETE /v1/sessions/unknown': [204, ''],
    'GET /v1/passkeys': [200, { passkeys }],
  };
}

const screenOf = (session, more) => ({
  id: session.id,
  device: session.device,
  place: null,
  network: '203.0.113.0/24',
  hasKey: true,
  isNew: false,
  firstSignedInAt: session.createdAt,
  signedInAt: session.createdAt,
  sessionId: session.id,
  ...more,
});

/** The screens of these sessions, one of them new, and one that is signed out. */
function screensOf(sessions, isNew) {
  const [, browser, tv, cli] = sessions;
  return [
    screenOf(browser, { isNew, place: 'Lisbon, Portugal' }),
    ...(isNew ? [screenOf(tv, { id: '9', isNew, sessionId: null, firstSignedInAt: ago(9000) })] : []),
    screenOf(cli, { sessionId: null }),
  ];
}

const PASSKEYS = [
  { id: 'a', name: null, createdAt: ago(9e6), lastUsedAt: ago(4000), isSynced: true },
  { id: 'b', name: 'Work phone', createdAt: ago(9e5), lastUsedAt: null, isSynced: false },
];

const press = (selector) => (page) => page.locator(selector).first().click();
const decide = (selector) => async (page) => {
  await page.locator('who-asks h1').waitFor();
  await press(selector)(page);
};

/** Every state: the address, what the server says, what one does. `keep` are for the documentation. */
const STATES = {
  'screen-waiting': { keep: ['1280-light-en', '1280-dark-en', '375-light-zh-CN'] },
  'screen-scanned': { answers: { status: 'scanned' }, wait: 'qr-login [part=name]', keep: ['1280-light-en'] },
  'screen-number': {
    answers: { status: 'scanned', number: 47 },
    wait: 'qr-login [part=number]',
    keep: ['1280-dark-zh-CN'],
  },
  'screen-asking': {
    answers: { status: 'confirmed', knownHere: false },
    wait: 'qr-login [part=button]',
    keep: ['1280-light-en', '375-light-zh-CN'],
  },
  ...Object.fromEntries(
    ['declined', 'not_me', 'wrong_number'].map((reason) => [
      `screen-${reason.replace('_', '-')}`,
      { answers: { status: 'denied', reason }, wait: 'qr-login [part=button]' },
    ]),
  ),
  'screen-offline': { change: { 'POST /v1/tickets': 'abort' }, wait: 'qr-login [data-offline]' },
  'screen-failed': { change: { 'POST /v1/tickets': [403, {}] }, wait: 'qr-login [part=button]' },
  'screen-signed-in': { hint: 'screen', answers: { isIn: 'screen' }, wait: 'signed-in h1', keep: ['1280-light-en'] },
  'phone-sign-in': { at: `/l/${UUID}`, keep: ['375-light-en'] },
  'phone-nothing-typed': { at: `/l/${UUID}`, act: press('sign-in-form button') },
  'phone-wrong-password': {
    at: `/l/${UUID}`,
    answers: { signIn: 401 },
    act: async (page) => {
      for (const name of ['username', 'password']) await page.locator(`[name=${name}]`).fill('wrong');
      await press('sign-in-form button')(page);
    },
    wait: '[role=alert]:not(:empty)',
  },
  'phone-register': { at: `/l/${UUID}`, act: press('sign-in-form .bare') },
  'phone-ready': { at: `/l/${UUID}`, hint: 'phone', openedBy: 'another-site' },
  'phone-who-asks': {
    at: `/l/${UUID}`,
    hint: 'phone',
    wait: 'who-asks',
    keep: ['375-light-en', '375-dark-en', '375-light-zh-CN'],
  },
  'phone-who-asks-number': {
    at: `/l/${UUID}`,
    hint: 'phone',
    wait: 'who-asks',
    keep: ['375-light-en'],
    answers: {
      number: 47,
      scan: { network: 'different', ip: '203.0.113.80', name: 'Reception', place: 'Lisbon, Portugal' },
      reasons: ['new_screen', 'different_network'],
    },
  },
  'phone-who-asks-unknown': {
    at: `/l/${UUID}`,
    hint: 'phone',
    wait: 'who-asks',
    answers: { scan: { network: 'unknown', ip: '_hidden', browser: null, os: null, type: 'tv', openedAt: ago(7000) } },
  },
  'phone-who-asks-hostile': {
    at: `/l/${UUID}`,
    hint: 'phone',
    wait: 'who-asks',
    answers: { scan: { name: `Office”. CONFIRMED P${'\u0301\u0302\u030A'.repeat(9)}C. The network is the same.` } },
  },
  'phone-waiting': { at: `/l/${UUID}`, hint: 'phone', act: decide('.yes'), wait: '.ending' },
  'phone-signed-in': {
    at: `/l/${UUID}`,
    hint: 'phone',
    answers: { outcome: 'redeemed' },
    act: decide('.yes'),
    wait: '[data-kind=signedIn]',
    keep: ['375-light-en'],
  },
  'phone-gone': {
    at: `/l/${UUID}`,
    hint: 'phone',
    answers: { outcome: 'cancelled' },
    act: decide('.yes'),
    wait: '[data-kind=gone]',
  },
  'phone-other-tab': {
    at: `/l/${UUID}`,
    hint: 'phone',
    act: async (page) => {
      await page.locator('who-asks h1').waitFor();
      await page.evaluate(`new BroadcastChannel('scan-login.phone.scans').postMessage('${UUID}')`);
    },
    wait: '[data-kind=otherTab]',
  },
  'not-found': { at: '/nothing', wait: 'not-found h1' },
  'phone-not-me': { at: `/l/${UUID}`, hint: 'phone', act: decide('.no'), wait: '.ending' },
  'phone-not-me-asked': {
    at: `/l/${UUID}`,
    hint: 'phone',
    answers: { isNew: true },
    act: async (page) => {
      await decide('.no')(page);
      await press('unknown-screens button')(page);
    },
    wait: 'unknown-screens .actions',
  },
  'phone-not-me-done': {
    at: `/l/${UUID}`,
    hint: 'phone',
    answers: { isNew: true },
    act: async (page) => {
      await decide('.no')(page);
      await press('unknown-screens button')(page);
      await press('unknown-screens .actions .no')(page);
    },
    wait: 'unknown-screens [role=status]:not(:empty)',
  },
  'phone-expired': {
    at: `/l/${UUID}`,
    hint: 'phone',
    wait: '.ending',
    answers: { scan: { problem: [410, { code: 'ticket_expired' }] } },
  },
  'phone-home': { at: '/phone', hint: 'phone', wait: 'device-list li', keep: ['375-light-en', '375-dark-zh-CN'] },
  'phone-new-screens': { at: '/phone', hint: 'phone', wait: 'new-screens li', answers: { isNew: true } },
  'phone-passkeys': {
    at: '/phone',
    hint: 'phone',
    wait: 'passkey-list li',
    answers: { passkeys: PASSKEYS },
    act: (page) => page.locator('summary').first().click(),
  },
  'phone-camera': { at: '/phone', hint: 'phone', act: press('.wide'), wait: 'camera-scan video' },
  'phone-no-camera': {
    at: '/phone',
    hint: 'phone',
    before: 'delete MediaDevices.prototype.getUserMedia',
    act: press('.wide'),
    wait: '.notice',
  },
};

const PAGES = { '/': '/screen.html', '/nothing': '/not-found.html' };
const SIZES = {
  1280: { width: 1280, height: 760 },
  '1280x500': { width: 1280, height: 500 },
  768: { width: 768, height: 1024 },
  390: { width: 390, height: 844 },
  375: { width: 375, height: 720 },
  320: { width: 320, height: 568 },
};
const everywhere = process.argv[2];
const only = new RegExp(process.argv[3] ?? '');
const server = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-background-networking',
    '--no-first-run',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
  ],
});
for (const [state, scene] of Object.entries(STATES)) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark']) {
      for (const locale of ['en', 'zh-CN']) {
        const look = `${size}-${colorScheme}-${locale}`;
        if (!only.test(`${state}-${look}`)) continue;
        if (everywhere || scene.keep?.includes(look)) await take(state, scene, { viewport, colorScheme, locale }, look);
      }
    }
  }
}
await browser.close();
server.close();

async function take(state, scene, { viewport, colorScheme, locale }, look) {
  const context = await browser.newContext({ viewport, colorScheme, locale, reducedMotion: 'reduce' });
  const { hint, before = '' } = scene;
  if (scene.openedBy)
    await context.addInitScript(`new MutationObserver(() =>
      document.querySelector('meta[name=opened-by]')?.setAttribute('content', '${scene.openedBy}')).observe(document, { childList: true, subtree: true })`);
  await context.addInitScript(`${hint ? `localStorage.setItem('scan-login.${hint}.signed-in', '1');` : ''}${before}`);
  const page = await context.newPage();
  const answers = { ...answersOf(PEOPLE[locale], scene.answers), ...scene.change };
  await page.route('**/v1/**', (route) => answer(route, answers));
  await page.goto(`http://localhost:${server.address().port}${scene.at ?? '/'}`);
  await page
    .locator(scene.at ? 'main .card h1' : '.card')
    .first()
    .waitFor();
  await scene.act?.(page);
  await page
    .locator(scene.wait ?? (scene.at ? 'main h1' : 'qr-login [part=code]'))
    .first()
    .waitFor();
  await page.waitForTimeout(150);
  const directory = everywhere ?? import.meta.dirname;
  await fs.mkdir(directory, { recursive: true });
  await page.screenshot({ path: path.join(directory, `${state}-${look}.png`), fullPage: viewport.width < 1280 });
  await context.close();
}

function answer(route, answers) {
  const request = route.request();
  const pathname = new URL(request.url()).pathname.replace(`/${UUID}`, '');
  const given = answers[`${request.method()} ${pathname}`] ?? [404, {}];
  if (given === 'hold') return undefined;
  if (given === 'abort') return route.abort();
  const [status, body, contentType = 'application/json'] = given;
  // a screen opens only a link that names its key
  if (body.qrUrl) body.qrUrl = `${QR_URL}#k=${request.postDataJSON().keyThumbprint.slice(0, 22)}`;
  return route.fulfill({ status, contentType, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

function serve() {
  const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html' };
  const pages = http.createServer((request, response) => {
    const file = request.url.startsWith('/assets/') ? request.url : (PAGES[request.url] ?? '/phone.html');
    response.setHeader('Content-Type', types[path.extname(file)] ?? 'text/plain');
    createReadStream(path.join(WEB, file))
      .on('error', () => response.end())
      .pipe(response);
  });
  return new Promise((resolve) => pages.listen(0, () => resolve(pages)));
}

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OpenTicket } from '@scan-login/client';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { hasChromium } from '../browser/support/chromium.js';
import { type Scene, Stage } from '../browser/support/stage.js';
import { attack } from './support/attack.js';

// What a real browser does with hostile names, and with pages of an attacker.

describe.skipIf(!hasChromium)('in a browser', () => {
  let stage: Stage;
  /** A site of the attacker, which serves any page that is asked for. */
  let evil: Server;
  let evilUrl: string;
  beforeAll(async () => {
    stage = await Stage.set();
    evil = createServer((request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(decodeURIComponent(request.url!.slice(1)));
    }).listen(0, '127.0.0.1');
    await once(evil, 'listening');
    evilUrl = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    evil?.close();
    await stage?.strike();
  });

  async function onEvilPage(scene: Scene, html: string): Promise<Page> {
    const page = await (await scene.person()).newPage();
    await page.goto(`${evilUrl}/${encodeURIComponent(`<!doctype html>${html}`)}`);
    return page;
  }

  const SCRIPTS = [
    '<script>window.hit = 1</script>',
    '<img src=x onerror="window.hit = 1">',
    '"><svg onload=window.hit=1>',
    '<a href="javascript:window.hit=1">x</a>',
    "</title><style>@import'x'</style>{{hit=1}}",
  ];
  for (const name of SCRIPTS) {
    attack(`a name that is a script runs nowhere, of an account or of a screen: ${name}`, {
      given: () => stage.account(name),
      when: (mallory) =>
        stage.play(async (scene) => {
          const screen = await scene.screen();
          await screen.code.waitFor();
          const restart = `{ const it = document.querySelector('qr-login'); it.deviceName = ${JSON.stringify(name)}; it.start() }`;
          await Promise.all([screen.page.waitForResponse(/\/qr\.svg/), screen.page.evaluate(restart)]);
          await screen.code.waitFor();
          const phone = await scene.phone(mallory);
          await phone.open(await screen.link());
          await phone.page.getByText(name, { exact: false }).first().waitFor();
          await screen.page.getByText(name, { exact: false }).first().waitFor();
          await phone.button('Confirm').click();
          await screen.goOn();
          await screen.heading(`Hello, ${name}`).waitFor();
          return Promise.all([screen.page, phone.page].map((page) => page.evaluate<unknown>('window.hit')));
        }),
      then: (hits) => expect(hits).toEqual([undefined, undefined]),
    });
  }

  attack('a photographed code, scanned and confirmed first: the screen says as whom it would go on, and does not', {
    given: () => stage.signedInPhone(),
    when: (stranger) =>
      stage.play(async (scene) => {
        const screen = await scene.screen();
        const calls = screen.calls();
        const ticket = await screen.ticket();
        await stranger.scan(ticket);
        await stranger.confirm(ticket);
        const signedIn = screen.heading('Hello, Ada Lovelace');
        const asked = screen.page.getByRole('button', { name: 'Continue', exact: true });
        await signedIn.or(asked).waitFor();
        const seen = { isAsked: await asked.isVisible(), status: await screen.status.textContent() };
        await screen.page.getByRole('button', { name: 'Not me: new code' }).click();
        await screen.code.waitFor();
        const again = (await stranger.scan(ticket)).body;
        const { sessions } = (await stranger.sessions()).body;
        return { seen, calls, again, sessions };
      }),
    then: ({ seen, calls, again, sessions }) => {
      expect(seen).toEqual({ isAsked: true, status: 'Continue as Ada Lovelace?' });
      expect(calls).not.toContain('POST /v1/tickets/{uuid}/redeem');
      expect(calls).toContain('DELETE /v1/tickets/{uuid}');
      expect(again).toMatchObject({ code: 'ticket_wrong_status', currentStatus: 'cancelled' });
      expect(sessions).toHaveLength(1);
    },
  });

  attack(
    'a ticket secret and a device id, stolen from a screen and used in another browser: only the screen of the code is signed in',
    {
      given: () => stage.signedInPhone(),
      when: (phone) =>
        stage.play(async (scene) => {
          const screen = await scene.screen();
          await screen.code.waitFor();
          const opening = screen.page.waitForRequest('**/v1/tickets');
          const drawn = screen.page.waitForResponse(/\/qr\.svg/);
          await screen.page.evaluate(`document.querySelector('qr-login').start()`);
          const { device } = (await opening).postDataJSON() as OpenTicket;
          await drawn;
          await screen.code.waitFor();
          const polled = screen.page.waitForRequest(/\/status\?known=scanned/);
          const ticket = await screen.ticket();
          await phone.scan(ticket);
          const stolen = (await polled).headers()['x-ticket-secret']!;
          await phone.confirm(ticket);
          await screen.page.getByText('Continue as Ada Lovelace?').waitFor();
          const thief = await (await scene.person()).newPage();
          await thief.goto(`${stage.url}/phone`);
          const path = `/v1/tickets/${ticket.uuid}/redeem`;
          const answers = await thief.evaluate<object[]>(`(async () => {
          const { deviceKey } = await import('/assets/device-key.js');
          const own = await deviceKey({ name: 'screen' });
          own.base = document.querySelector('meta[name=public-url]').content;
          const proofs = [{}, { DPoP: await own.prove('POST', '${path}') }];
          return Promise.all(proofs.map(async (proof) => {
            const headers = { 'X-Ticket-Secret': '${stolen}', 'X-Device-Id': '${device.id}', ...proof };
            const response = await fetch('${path}', { method: 'POST', headers });
            return { status: response.status, body: await response.json() };
          }));
        })()`);
          await screen.goOn();
          await screen.heading('Hello, Ada Lovelace').waitFor();
          return { answers, sessions: (await phone.sessions()).body.sessions };
        }),
      then: ({ answers, sessions }) => {
        expect(answers).toMatchObject([
          { status: 401, body: { code: 'proof_invalid' } },
          { status: 401, body: { code: 'proof_invalid' } },
        ]);
        // the phone and the screen
        expect(sessions).toHaveLength(2);
      },
    },
  );

  attack('pages in the frame of another site, to have a click on Confirm: the browser shows none of them', {
    given: () => ['/', '/phone', '/l/00000000-0000-4000-8000-000000000000', '/docs'],
    when: (paths) =>
      stage.play(async (scene) => {
        const frames = paths.map((path) => `<iframe src="${stage.url}${path}"></iframe>`).join('');
        const page = await onEvilPage(scene, frames);
        await page.waitForLoadState('networkidle');
        return page
          .frames()
          .slice(1)
          .map((frame) => frame.url());
      }),
    then: (frames) => {
      expect(frames).toHaveLength(4);
      for (const url of frames) expect(url).toMatch(/^chrome-error:/);
    },
  });

  attack(
    'a script that got into a page asks for camera, microphone or place: the page of the screen has none of them',
    {
      given: () => ['{ video: true }', '{ audio: true }'],
      when: (wanted) =>
        stage.play(async (scene) => {
          const { page } = await scene.screen();
          await stage.holdUp(await page.screenshot({ type: 'jpeg' }));
          const asked = wanted.map((media) => `navigator.mediaDevices.getUserMedia(${media})`);
          const place = 'new Promise((have, fail) => navigator.geolocation.getCurrentPosition(have, fail))';
          return Promise.all(
            [...asked, place].map((each) =>
              page.evaluate<string>(`${each}.then(() => 'given', ({ message }) => message)`),
            ),
          );
        }),
      then: (outcomes) =>
        expect(outcomes).toEqual([
          'Permission denied',
          'Permission denied',
          expect.stringContaining('permissions policy'),
        ]),
    },
  );

  attack('a page of another site that calls the API: it reads no answer, and opens no ticket', {
    given: () => stage.url,
    when: (url) =>
      stage.play(async (scene) => {
        const page = await onEvilPage(scene, '');
        const json = `{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"device":{"id":"x","type":"web"}}' }`;
        const tries = [
          `fetch('${url}/v1/tickets', ${json})`,
          `fetch('${url}/.well-known/jwks.json')`,
          `fetch('${url}/metrics')`,
        ];
        return Promise.all(
          tries.map((each) =>
            page.evaluate<string>(`${each}.then((answer) => 'read ' + answer.status, (error) => error.name)`),
          ),
        );
      }),
    then: (outcomes) => expect(outcomes).toEqual(['TypeError', 'TypeError', 'TypeError']),
  });
});

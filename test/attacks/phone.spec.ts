import { afterAll, beforeAll, describe, expect } from 'vitest';
import { letPass, type Phone, Screen, screenAt, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { NO_TOKEN, refusal, wrongStatus } from './support/answers.js';
import { attack } from './support/attack.js';

// The phone's side: who may decide, what a person is told before deciding, and the order of the steps.

let server: RunningApp;
/** Access tokens that live for one second. */
let hasty: RunningApp;
let ada: Phone;
let adasTablet: Phone;
let mallory: Phone;

beforeAll(async () => {
  const many = { SESSIONS_PER_DEVICE_TYPE: '0', SCANS_PER_ACCOUNT: '0' };
  [server, hasty] = await Promise.all([startApp(many), startApp({ ...many, ACCESS_TOKEN_LIFE: '1' })]);
  [ada, mallory] = await Promise.all([signedInPhone(server.url), signedInPhone(server.url)]);
  adasTablet = await signedInPhone(server.url, ada.username);
});
afterAll(async () => {
  for (const each of [server, hasty]) {
    expect(each.bell.size).toBe(0);
    await each.close();
  }
});

const at = (status: Parameters<typeof screenAt>[0]) => screenAt(status, server, ada);

async function statusOf(screen: Screen): Promise<string> {
  return (await screen.poll('pending', { wait: 0 })).body.status;
}

const EXPIRED = refusal(410, 'ticket_expired');

/** Refusals on the account of this phone, the newest first. */
async function refusalsOf(phone: Phone): Promise<{ event: string; detail: Record<string, unknown> | null }[]> {
  return (await phone.as('GET', '/v1/account/events?kind=ticket.refused')).body.events;
}

/** The three calls of a phone on one ticket. */
function phoneCalls(uuid: string, scanToken: string, headers: Record<string, string | undefined>, url = server.url) {
  return Promise.all(
    ['scan', 'confirm', 'deny'].map((step) =>
      call('POST', `${url}/v1/tickets/${uuid}/${step}`, { json: step === 'scan' ? {} : { scanToken }, headers }),
    ),
  );
}

describe("F5: the phone's token is really checked", () => {
  attack('no token at all, or something that looks like one: neither scan nor decision', {
    given: () => at('scanned'),
    when: async ({ uuid }) => {
      const device = { 'x-device-id': ada.id };
      const id = ada.tokens!.account.id;
      const pretended = [
        {},
        { authorization: 'Bearer' },
        { authorization: `Bearer ${id}` },
        { authorization: `Bearer ${ada.tokens!.refreshToken}` },
        { authorization: `Basic ${Buffer.from(`${ada.username}:x`).toString('base64')}` },
        { 'x-account-id': id, 'x-user-id': id, 'x-forwarded-user': ada.username },
        { cookie: `access_token=${ada.tokens!.accessToken}` },
      ];
      return (
        await Promise.all(pretended.map((each) => phoneCalls(uuid, ada.scanToken, { ...device, ...each })))
      ).flat();
    },
    then: async (responses, screen) => {
      for (const response of responses) expect(response).toMatchObject(NO_TOKEN);
      expect(await statusOf(screen)).toBe('scanned');
    },
  });

  attack('an expired token: neither scan nor decision', {
    given: async () => {
      const phone = await signedInPhone(hasty.url);
      const screen = new Screen(hasty.url);
      await screen.open();
      await expect.poll(async () => (await phone.account()).body.code, { timeout: 10_000 }).toBe('token_expired');
      return { phone, screen };
    },
    when: ({ phone, screen }) => {
      const authorization = `Bearer ${phone.tokens!.accessToken}`;
      return phoneCalls(screen.uuid, 'x', { authorization, 'x-device-id': phone.id }, hasty.url);
    },
    then: async (responses, { screen }) => {
      for (const response of responses) expect(response).toMatchObject(refusal(401, 'token_expired'));
      expect(await statusOf(screen)).toBe('pending');
    },
  });

  attack('a token of another server, under the same names: neither scan nor decision', {
    given: async () => ({ screen: await at('scanned'), phone: await signedInPhone(hasty.url) }),
    when: ({ screen, phone }) => {
      const authorization = `Bearer ${phone.tokens!.accessToken}`;
      return phoneCalls(screen.uuid, ada.scanToken, { authorization, 'x-device-id': phone.id });
    },
    then: async (responses, { screen }) => {
      for (const response of responses) expect(response).toMatchObject(NO_TOKEN);
      expect(await statusOf(screen)).toBe('scanned');
    },
  });

  attack('the token of a phone that was signed out remotely: it can no longer decide what it had scanned', {
    given: async () => {
      const lost = await signedInPhone(server.url, ada.username);
      const screen = await screenAt('scanned', server, lost);
      await ada.as('DELETE', `/v1/sessions/${lost.tokens!.session.id}`);
      return { lost, screen };
    },
    when: ({ lost, screen }) => {
      const authorization = `Bearer ${lost.tokens!.accessToken}`;
      return phoneCalls(screen.uuid, lost.scanToken, { authorization, 'x-device-id': lost.id });
    },
    then: async (responses, { screen }) => {
      for (const response of responses)
        expect(response).toMatchObject(refusal(401, 'session_ended', { reason: 'revoked' }));
      expect(await statusOf(screen)).toBe('cancelled');
    },
  });

  attack("a phone's token on another device: neither scan nor decision", {
    given: () => at('scanned'),
    when: ({ uuid }) => {
      const authorization = `Bearer ${ada.tokens!.accessToken}`;
      const devices = [undefined, '', mallory.id, adasTablet.id, `${ada.id}x`, ada.id.toUpperCase(), `${ada.id}, x`];
      return Promise.all(
        devices.map((device) => phoneCalls(uuid, ada.scanToken, { authorization, 'x-device-id': device })),
      );
    },
    then: async (responses, screen) => {
      for (const response of responses.flat()) expect(response).toMatchObject(refusal(403, 'device_mismatch'));
      expect(await statusOf(screen)).toBe('scanned');
    },
  });

  for (const field of ['accountId', 'account', 'sub', 'userId', 'sessionId', 'displayName', 'deviceId']) {
    attack(`somebody else's identity in the body: ${field} is refused by every step, and decides nothing`, {
      given: async () => ({ screen: await at('pending'), says: { [field]: ada.tokens!.account.id } }),
      when: async ({ screen, says }) => {
        const path = `/v1/tickets/${screen.uuid}`;
        const refused = [await mallory.as('POST', `${path}/scan`, says)];
        const { scanToken } = (await mallory.scan(screen)).body;
        refused.push(await mallory.as('POST', `${path}/confirm`, { scanToken, ...says }));
        refused.push(await mallory.as('POST', `${path}/deny`, { scanToken, ...says }));
        await mallory.confirm(screen);
        const headers = { 'x-ticket-secret': screen.secret };
        refused.push(await screen.as('POST', `${path}/redeem`, says, headers));
        return refused;
      },
      then: async (refused, { screen }) => {
        const unknown = refusal(400, 'invalid_request', { errors: [{ pointer: `/${field}` }] });
        for (const response of refused) expect(response).toMatchObject(unknown);
        expect((await screen.redeem()).body.account.id).toBe(mallory.tokens!.account.id);
      },
    });
  }

  attack("somebody else's identity in the address or the headers: the token alone says who", {
    given: () => at('pending'),
    when: async (screen) => {
      const { id } = ada.tokens!.account;
      const said = { 'x-account-id': id, 'x-user-id': id, 'x-session-id': ada.tokens!.session.id };
      await mallory.as('POST', `/v1/tickets/${screen.uuid}/scan?accountId=${id}&sub=${id}`, undefined, said);
      await mallory.scan(screen);
      await mallory.confirm(screen);
      return screen.redeem();
    },
    then: ({ body }) => expect(body.account.id).toBe(mallory.tokens!.account.id),
  });
});

describe('the decision belongs to the phone that scanned alone', () => {
  for (const [who, whose, another] of [
    ['a phone of another account', () => mallory, 'ticket_not_yours'],
    ['another phone of the same account', () => adasTablet, 'ticket_not_yours'],
  ] as const) {
    attack(
      `${who}, with the right scan token: refused, the ticket does not change, and the refusal is in the audit log`,
      {
        given: () => at('scanned'),
        when: async (screen) => [
          await whose().confirm(screen, ada.scanToken),
          await whose().deny(screen, 'not_me', ada.scanToken),
        ],
        then: async (responses, screen) => {
          for (const response of responses) expect(response).toMatchObject(refusal(403, another));
          expect((await refusalsOf(whose()))[0]).toMatchObject({ event: 'ticket.refused', detail: { code: another } });
          expect((await ada.confirm(screen)).status).toBe(204);
          expect(await whose().confirm(screen, ada.scanToken)).toMatchObject(refusal(403, another));
          expect((await screen.redeem()).body.account.id).toBe(ada.tokens!.account.id);
        },
      },
    );

    attack(`${who}, scanning a scanned ticket: it is too late, before the confirm and after it`, {
      given: () => at('scanned'),
      when: async (screen) => {
        const before = await whose().scan(screen);
        await ada.confirm(screen);
        return [before, await whose().scan(screen)];
      },
      then: async (responses, screen) => {
        for (const response of responses) expect(response).toMatchObject(refusal(409, 'ticket_already_scanned'));
        expect((await screen.redeem()).body.account.id).toBe(ada.tokens!.account.id);
      },
    });
  }

  attack(
    'the scan token of another ticket, or an earlier one of this ticket: refused, and the refusal is in the audit log',
    {
      given: async () => {
        const other = await at('scanned');
        const ofOther = ada.scanToken;
        const screen = await at('scanned');
        const earlier = ada.scanToken;
        await ada.scan(screen);
        return { screen, other, tokens: [ofOther, earlier, '', 'x'.repeat(43), screen.secret, screen.uuid] };
      },
      when: async ({ screen, tokens }) => {
        const responses: HttpResponse[] = [];
        for (const token of tokens) {
          responses.push(await ada.confirm(screen, token), await ada.deny(screen, 'not_me', token));
        }
        return responses;
      },
      then: async (responses, { screen }) => {
        for (const response of responses) expect(response).toMatchObject(refusal(403, 'scan_token_invalid'));
        expect((await refusalsOf(ada))[0]).toMatchObject({
          event: 'ticket.refused',
          detail: { code: 'scan_token_invalid' },
        });
        expect((await ada.confirm(screen)).status).toBe(204);
      },
    },
  );

  attack('a phone that signs in again: the decision belonged to the session that scanned, and ended with it', {
    given: async () => {
      const phone = await signedInPhone(server.url, ada.username);
      const screen = await screenAt('scanned', server, phone);
      await phone.signIn();
      return { phone, screen };
    },
    when: ({ phone, screen }) => phone.confirm(screen),
    then: async (response, { phone, screen }) => {
      expect(response).toMatchObject(refusal(403, 'ticket_not_yours'));
      expect(await statusOf(screen)).toBe('cancelled');
      expect(await phone.scan(screen)).toMatchObject(wrongStatus('cancelled'));
    },
  });

  for (const type of ['web', 'desktop', 'tv', 'cli'] as const) {
    attack(`a session on a ${type} that was taken over: it cannot let further screens in`, {
      given: async () => ({ taken: await signedInPhone(server.url, ada.username, type), screen: await at('pending') }),
      when: ({ taken, screen }) => taken.scan(screen),
      then: async (response, { screen }) => {
        expect(response).toMatchObject(refusal(403, 'device_not_allowed'));
        expect(await statusOf(screen)).toBe('pending');
      },
    });
  }

  attack('a screen that was let in by a scan: it cannot let further screens in, not even as a phone by name', {
    given: async () => ({ screen: await signedInScreen(server.url, ada), next: await at('pending') }),
    when: async ({ screen, next }) => [
      await screen.as('POST', `/v1/tickets/${next.uuid}/scan`),
      await screen.as('POST', `/v1/tickets/${next.uuid}/scan`, undefined, { 'x-device-type': 'phone' }),
      await screen.as('POST', `/v1/tickets/${next.uuid}/scan`, undefined, { 'x-device-id': ada.id }),
    ],
    then: async ([plain, named, borrowed], { next }) => {
      expect(plain).toMatchObject(refusal(403, 'device_not_allowed'));
      expect(named).toMatchObject(refusal(403, 'device_not_allowed'));
      expect(borrowed).toMatchObject(refusal(403, 'device_mismatch'));
      expect(await statusOf(next)).toBe('pending');
    },
  });

  attack('a ticket that asks to be a phone: only screens have tickets', {
    given: () => new Screen(server.url, 'phone' as 'web'),
    when: (screen) => screen.open(),
    then: (response) =>
      expect(response).toMatchObject(refusal(400, 'invalid_request', { errors: [{ pointer: '/device/type' }] })),
  });
});

describe('no step can be skipped, repeated or taken back', () => {
  const STEPS = {
    scan: (screen: Screen) => ada.scan(screen),
    confirm: (screen: Screen) => ada.confirm(screen),
    deny: (screen: Screen) => ada.deny(screen),
    redeem: (screen: Screen) => screen.redeem(),
    cancel: (screen: Screen) => screen.cancel(),
  };
  type Step = keyof typeof STEPS;

  for (const [status, steps] of [
    ['pending', ['confirm', 'deny', 'redeem']],
    ['scanned', ['redeem']],
    ['confirmed', ['scan', 'deny']],
    ['denied', ['scan', 'confirm', 'deny', 'redeem', 'cancel']],
    ['cancelled', ['scan', 'confirm', 'deny', 'redeem']],
    ['redeemed', ['scan', 'confirm', 'deny', 'redeem', 'cancel']],
  ] as [Parameters<typeof screenAt>[0], Step[]][]) {
    attack(`the steps that do not follow on a ${status} ticket: ${steps.join(', ')}`, {
      given: async () => {
        const screen = await at(status);
        if (status === 'redeemed') await screen.account(); // until then its redeem and confirm may be repeated
        return screen;
      },
      when: async (screen) => {
        const responses: [Step, HttpResponse][] = [];
        for (const step of steps) responses.push([step, await STEPS[step](screen.at(server.url))]);
        return responses;
      },
      then: async (responses, screen) => {
        for (const [step, response] of responses) expect(response, step).toMatchObject(wrongStatus(status));
        expect(await statusOf(screen)).toBe(status);
      },
    });
  }

  for (const status of ['pending', 'scanned', 'confirmed'] as const) {
    attack(`a ${status} ticket past its time: no step goes on from there`, {
      given: async () => {
        const screen = await at(status);
        await letPass(server.db, screen, 300);
        return screen;
      },
      when: (screen) => Promise.all(Object.values(STEPS).map((step) => step(screen.at(server.url)))),
      then: async (responses, screen) => {
        for (const response of responses) expect(response).toMatchObject(EXPIRED);
        expect(await statusOf(screen)).toBe('expired');
      },
    });
  }

  attack('a ticket kept alive by scanning it again and again: deciding ends 180 s after it was opened', {
    given: () => at('scanned'),
    when: async (screen) => {
      const lives: number[] = [];
      for (const _ of Array.from({ length: 5 })) {
        await letPass(server.db, screen, 40);
        const { status, body } = await ada.scan(screen);
        lives.push(status === 200 ? body.expiresIn : -1);
      }
      return lives;
    },
    then: async (lives, screen) => {
      // scanned at 40, 80, 120 and 160 s; a slow machine adds a second
      expect(lives[0]).toBeGreaterThan(55);
      expect(lives[3]).toBeLessThanOrEqual(20);
      expect(lives[4]).toBe(-1);
      expect(await ada.confirm(screen)).toMatchObject(EXPIRED);
    },
  });
});

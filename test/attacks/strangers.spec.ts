import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { DeviceKey } from '../support/device-key.js';
import { type HttpResponse, call } from '../support/http.js';
import { refusal } from './support/answers.js';
import { attack } from './support/attack.js';

// Callers unknown to the server, and what they can make it write.

const PUBLIC = 'https://login.example.org';
const A_MINUTES_WORTH = 250;

let server: RunningApp;
let phone: Phone;
/** The stranger's own key: its proofs are valid, and nothing on the server is bound to it. */
let key: DeviceKey;
beforeAll(async () => {
  server = await startApp({ PUBLIC_URL: PUBLIC, SIGN_IN_FAILURES_PER_ACCOUNT: '0', SESSIONS_PER_DEVICE_TYPE: '0' });
  phone = await signedInPhone(server.url);
  key = await DeviceKey.make();
});
afterAll(() => server.close());

const usedProofs = async () => Number((await server.db.query('SELECT count(*) FROM used_proofs'))[0].count);

/** Makes `count` calls, a few at a time, each with its own proof. */
async function many(count: number, act: () => Promise<HttpResponse>): Promise<HttpResponse[]> {
  const responses: HttpResponse[] = [];
  const lane = async () => {
    while (responses.length < count) responses.push(await act());
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return responses;
}

/** A call with a proof by the stranger's key for exactly that call. */
async function proved(method: string, path: string, { token, json, ...headers }: Record<string, any> = {}) {
  const dpop = await key.proof(method, PUBLIC + path, token);
  const authorization = token && `DPoP ${token}`;
  return call(method, server.url + path, {
    json,
    headers: { authorization, dpop, 'x-device-id': phone.id, ...headers },
  });
}

const proofToRefresh = () => key.proof('POST', `${PUBLIC}/v1/sessions/refresh`);

const madeUp = () =>
  ['{"alg":"ES256"}', '{"sub":"x"}', 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.');

describe("proofs of a stranger's key, which no session is bound to, valid for the call that they come with", () => {
  const strangers: Record<string, { act: () => Promise<HttpResponse>; refused: object }> = {
    'with no token of ours': {
      act: () => proved('GET', '/v1/account', { token: madeUp() }),
      refused: refusal(401, 'token_invalid'),
    },
    "with an account's token, which is bound to no key": {
      act: () => proved('GET', '/v1/account', { token: phone.tokens!.accessToken }),
      refused: refusal(401, 'proof_invalid'),
    },
    "with an account's token, on another device": {
      act: () => proved('GET', '/v1/account', { token: phone.tokens!.accessToken, 'x-device-id': 'another' }),
      refused: refusal(403, 'device_mismatch'),
    },
    'with a refresh token that there is not': {
      act: () => proved('POST', '/v1/sessions/refresh', { json: { refreshToken: randomUUID() } }),
      refused: refusal(401, 'token_invalid'),
    },
    'with a secret that no ticket has': {
      act: () => proved('POST', `/v1/tickets/${randomUUID()}/redeem`, { 'x-ticket-secret': randomUUID() }),
      refused: refusal(404, 'ticket_not_found'),
    },
  };
  for (const [how, { act, refused }] of Object.entries(strangers)) {
    attack(`${A_MINUTES_WORTH} of them ${how}: refused, and none is stored`, {
      given: usedProofs,
      when: () => many(A_MINUTES_WORTH, act),
      then: async (responses, before) => {
        for (const response of responses) expect(response).toMatchObject(refused);
        expect(await usedProofs()).toBe(before);
      },
    });
  }

  attack('40 of them with a wrong password: refused, and none is stored', {
    given: usedProofs,
    when: () => {
      const json = { username: phone.username, password: 'wrong', device: { id: 'eve', type: 'phone' } };
      return many(40, () => proved('POST', '/v1/sessions', { json }));
    },
    then: async (responses, before) => {
      for (const response of responses) expect(response).toMatchObject(refusal(401, 'invalid_credentials'));
      expect(await usedProofs()).toBe(before);
    },
  });

  attack('one of them with the token of a session that is bound to another key: refused, and not stored', {
    given: async () => {
      const owner = await DeviceKey.make();
      const json = { username: phone.username, password: PASSWORD, device: { id: 'bound', type: 'phone' } };
      const dpop = await owner.proof('POST', `${PUBLIC}/v1/sessions`);
      const { accessToken } = (await call('POST', `${server.url}/v1/sessions`, { json, headers: { dpop } })).body;
      return { token: accessToken as string, before: await usedProofs() };
    },
    when: ({ token }) => proved('GET', '/v1/account', { token, 'x-device-id': 'bound' }),
    then: async (response, { before }) => {
      expect(before).toBeGreaterThan(0);
      expect(response).toMatchObject(refusal(401, 'proof_invalid'));
      expect(await usedProofs()).toBe(before);
    },
  });
});

describe('a used proof', () => {
  attack('of a redeem, sent again with the right secret: refused, and the ticket does not change', {
    given: async () => {
      const screen = new Screen(server.url);
      await screen.open();
      await phone.scan(screen);
      await phone.confirm(screen);
      return screen;
    },
    when: async (screen) => {
      const path = `/v1/tickets/${screen.uuid}/redeem`;
      const dpop = await key.proof('POST', PUBLIC + path);
      const redeem = () =>
        call('POST', server.url + path, {
          headers: { dpop, 'x-ticket-secret': screen.secret, 'x-device-id': screen.id },
        });
      return [await redeem(), await redeem()];
    },
    then: ([first, second]) => {
      expect(first).toMatchObject({ status: 200, body: { tokenType: 'DPoP' } });
      expect(second).toMatchObject(refusal(401, 'proof_invalid'));
    },
  });

  attack('of a refresh, sent again with the successor: refused, and the successor stays valid for its owner', {
    given: async () => {
      const json = { username: phone.username, password: PASSWORD, device: { id: 'bound-too', type: 'phone' } };
      const dpop = await key.proof('POST', `${PUBLIC}/v1/sessions`);
      return (await call('POST', `${server.url}/v1/sessions`, { json, headers: { dpop } })).body.refreshToken as string;
    },
    when: async (refreshToken) => {
      const refresh = (token: string, dpop: string) =>
        call('POST', `${server.url}/v1/sessions/refresh`, {
          json: { refreshToken: token },
          headers: { dpop, 'x-device-id': 'bound-too' },
        });
      const proof = await proofToRefresh();
      const first = await refresh(refreshToken, proof);
      const successor = first.body.refreshToken as string;
      const again = await refresh(successor, proof);
      const [row] = await server.db.query(
        'SELECT count(*) FROM refresh_tokens WHERE session_id = $1 AND rotated_at IS NULL',
        [first.body.session.id],
      );
      return { first, again, unused: Number(row.count), fresh: await refresh(successor, await proofToRefresh()) };
    },
    then: ({ first, again, unused, fresh }) => {
      expect(first.status).toBe(200);
      expect(again).toMatchObject(refusal(401, 'proof_invalid'));
      expect(unused, 'the refresh token that was shown with it is not used up').toBe(1);
      expect(fresh.status).toBe(200);
    },
  });
});

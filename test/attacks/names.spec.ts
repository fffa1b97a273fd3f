import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, register, Screen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { refusal } from './support/answers.js';
import { attack } from './support/attack.js';

// Invisible names, and names that look like another.

let server: RunningApp;

beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

function make(username: string, displayName?: string): Promise<HttpResponse> {
  return call('POST', `${server.url}/v1/accounts`, { json: { username, password: PASSWORD, displayName } });
}

function signIn(username: string, device: object = {}): Promise<HttpResponse> {
  const json = { username, password: PASSWORD, device: { id: randomUUID(), type: 'phone', ...device } };
  return call('POST', `${server.url}/v1/sessions`, { json });
}

const badAt = (pointer: string) => refusal(400, 'invalid_request', { errors: [{ pointer }] });

/** None of these is visible, alone or together. */
const INVISIBLE: Record<string, string> = {
  'a zero-width space': '\u200b',
  'joiners and a soft hyphen': '\u200c\u200d\u2060\u00ad',
  'a variation selector': '\ufe0f',
  'a letter that is a filler': '\u3164',
  'fillers of syllables': '\u115f\u1160\uffa0',
  'a blank Braille pattern': '\u2800',
  'a blank note head': '\u{1d159}',
  'spaces of many widths': '\u00a0\u2003\u3000',
  'a mark with nothing to stand on': '\u0301',
  tags: '\u{e0061}\u{e0064}\u{e0061}',
  'a character that is not assigned, and a private one': '\u{e000}\u0378',
};

describe('a name that cannot be seen', () => {
  for (const [what, name] of Object.entries(INVISIBLE)) {
    attack(`${what} for a name that other people read: refused, of an account or of a device`, {
      given: () => register(server.url),
      when: async (username) => ({
        account: await make(`eve.${randomUUID().slice(0, 8)}`, name),
        phone: await signIn(username, { name }),
        screen: await new Screen(server.url).open({ name }),
      }),
      then: ({ account, phone, screen }) => {
        expect(account).toMatchObject(badAt('/displayName'));
        expect(phone).toMatchObject(badAt('/device/name'));
        expect(screen).toMatchObject(badAt('/device/name'));
      },
    });
  }

  attack('an invisible character in a user name: refused, letter or not', {
    given: () => ['\u200b', '\u200d', '\u3164', '\u115f', '\ufe0f', '\u034f', '\u00ad', '\u2800'],
    when: (characters) => Promise.all(characters.map((character) => make(`ad${character}a.hidden`))),
    then: (responses) => {
      for (const response of responses) expect(response).toMatchObject(badAt('/username'));
    },
  });
});

describe('a user name that looks like another', () => {
  attack('letters of several scripts in one word: refused', {
    given: () => ['p\u0430ypal', 'g\u03bf\u03bfgle', '\u0410da.1815', 'раура1x', 'a\u13a0a', 'ада@p\u0430ypal.example'],
    when: (names) => Promise.all(names.map((name) => make(name))),
    then: (responses) => {
      for (const response of responses) expect(response).toMatchObject(badAt('/username'));
    },
  });

  attack('the same look in letters of another script, or in digits for letters: refused as taken', {
    given: async () => {
      for (const name of ['paypal', 'scope', 'google', 'modern']) expect((await make(name)).status).toBe(201);
      return ['\u0440\u0430\u0443\u0440\u04301', '\u0455\u0441\u043e\u0440\u0435', 'g00gle', 'Paypa1', 'rnodern'];
    },
    when: (names) => Promise.all(names.map((name) => make(name))),
    then: async (responses, names) => {
      for (const response of responses) expect(response).toMatchObject(refusal(409, 'username_taken'));
      for (const name of names) expect((await signIn(name)).status, name).toBe(401);
    },
  });

  attack('two names that look alike, requested at once: one of them is accepted', {
    given: () => ['\u0440\u043e\u0440\u0435', 'pope', 'p0pe'],
    when: (names) => Promise.all(names.map((name) => make(name))),
    then: (responses) =>
      expect(responses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]),
  });

  attack('digits of several kinds, which look like others: refused', {
    given: () => ['\u0627\u0628\u0662\u06f2', '\u0930\u093e\u0967\u0031'],
    when: (names) => Promise.all(names.map((name) => make(name))),
    then: (responses) => {
      for (const response of responses) expect(response).toMatchObject(badAt('/username'));
    },
  });

  attack('marks in heaps, or without a base character: refused', {
    given: () => ['a\u0316\u0317\u0318\u0319\u031cb', 'a\u0323\u0323b', '\u0301ada', 'ada.\u0301da', 'a\u20ddb'],
    when: (names) => Promise.all(names.map((name) => make(name))),
    then: (responses) => {
      for (const response of responses) expect(response).toMatchObject(badAt('/username'));
    },
  });

  attack('an account from before these rules: its owner signs in as ever', {
    given: async () => {
      const username = await register(server.url);
      const before = `\u0430da.${randomUUID().slice(0, 8)}`;
      await server.db.query('UPDATE accounts SET username = $1, username_key = $1 WHERE username = $2', [
        before,
        username,
      ]);
      return before;
    },
    when: (username) => signIn(username),
    then: ({ status }) => expect(status).toBe(201),
  });
});

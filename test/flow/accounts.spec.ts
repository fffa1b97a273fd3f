import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Phone, register, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';

let server: RunningApp;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

const [RLO, LRI, PDI, LRM, BELL, DEL, NEL] = [0x202e, 0x2066, 0x2069, 0x200e, 0x07, 0x7f, 0x85].map((code) =>
  String.fromCodePoint(code),
);

function newName(): string {
  return `ada.${randomUUID().slice(0, 13)}`;
}

function make(account: object): Promise<HttpResponse> {
  return call('POST', `${server.url}/v1/accounts`, { json: account });
}

function signIn(username: unknown, password: unknown, device: object = {}): Promise<HttpResponse> {
  const json = { username, password, device: { id: randomUUID(), type: 'phone', ...device } };
  return call('POST', `${server.url}/v1/sessions`, { json });
}

async function accountRows(username: string): Promise<unknown[]> {
  return server.db.query('SELECT username, display_name, password_hash FROM accounts WHERE username = $1', [username]);
}

async function accountsCount(): Promise<number> {
  return (await server.db.query('SELECT count(*)::int FROM accounts'))[0].count;
}

function headersOf({ headers }: HttpResponse): [string, string][] {
  return [...headers].filter(([name]) => name !== 'date');
}

/** The response to bad input, with the pointers to it. */
const badAt = (...pointers: string[]) => ({
  status: 400,
  body: { code: 'invalid_request', errors: pointers.map((pointer) => ({ pointer, detail: expect.any(String) })) },
});
const taken = { status: 409, body: { code: 'username_taken' } };

describe('making an account', () => {
  it('answers with what others will see of the account, and stores the password as argon2id', async () => {
    const username = newName();
    const response = await make({ username, password: PASSWORD, displayName: 'Ada Lovelace' });
    expect(response.status).toBe(201);
    expect(response.body).toEqual({ id: expect.any(String), username, displayName: 'Ada Lovelace', avatarUrl: null });
    expect(await accountRows(username)).toEqual([
      {
        username,
        display_name: 'Ada Lovelace',
        password_hash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
      },
    ]);
    const phone = await signedInPhone(server.url, username);
    expect((await phone.account()).body).toEqual(response.body);
  });

  it('uses the user name where there is no display name', async () => {
    const username = newName();
    expect((await make({ username, password: PASSWORD })).body.displayName).toBe(username);
  });

  it('refuses a name that is taken, in whatever case or form of letters it is written', async () => {
    const username = `Ada.${randomUUID().slice(0, 8)}.ﬁ`; // ends in the ligature, which NFKC decomposes
    expect((await make({ username, password: PASSWORD })).status).toBe(201);
    const same = [username, username.toUpperCase(), username.toLowerCase(), username.normalize('NFKC')];
    const wide = username.replace(/[a-z]/gi, (letter) => String.fromCodePoint(letter.codePointAt(0)! + 0xfee0));
    for (const name of [...same, wide]) {
      expect(await make({ username: name, password: 'another password' }), name).toMatchObject(taken);
      expect((await signIn(name, PASSWORD)).status, name).toBe(201);
      expect((await signIn(name, 'another password')).status, name).toBe(401);
    }
    expect(await accountRows(username)).toHaveLength(1);
  });

  it('gives a name to one of ten clients that want it at once', async () => {
    const username = newName();
    const responses = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        make({ username: n % 2 ? username : username.toUpperCase(), password: PASSWORD }),
      ),
    );
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 409)).toHaveLength(9);
    const rows = await server.db.query('SELECT id FROM accounts WHERE username_key = $1', [username]);
    expect(rows).toEqual([{ id: responses.find(({ status }) => status === 201)!.body.id }]);
  });

  it.each([
    ['two letters', { username: `${String.fromCodePoint(0x4e00 + Math.trunc(Math.random() * 5000))}一` }],
    ['64 letters', { username: newName().padEnd(64, 'x') }],
    ['an address whose name is in another script than its host', { username: 'Ада_Лавлейс+1815@example.org' }],
    ['a name in Chinese and Latin', { username: '李雷.lilei@例子.example.org' }],
    ['a name in Japanese', { username: 'タロウ山田たろうYamada' }],
    ['a name in Korean', { username: '김철수金' }],
    ['a name in Hindi, with its vowel signs', { username: 'राहुल_शर्मा' }],
    ['a name in Thai, with its tone marks', { username: 'สมชาย.น้ำฝน' }],
    ['a name in Vietnamese, taken apart', { username: 'Nguyễn_Thị'.normalize('NFD') }],
    ['a name in Tamil, with digits of its own', { username: 'தமிழ்௧௨' }],
    ['a name in Arabic, with its vowels', { username: 'مُحَمَّد.١٢' }],
    ['a name in Hebrew, with its points', { username: 'שָׁלוֹם' }],
    ['a password of 8', { password: '1234567ü' }],
    ['a password of 256', { password: 'x'.repeat(256) }],
    ['a password of anything', { password: '  \t 🔑 密码 пароль ' }],
    ['a display name of one', { displayName: 'A' }],
    ['a display name of 64', { displayName: 'x'.repeat(64) }],
  ])('takes %s', async (_, fields) => {
    const account = { username: newName(), password: PASSWORD, ...fields };
    expect((await make(account)).status).toBe(201);
    expect((await signIn(account.username, account.password)).status).toBe(201);
  });

  it.each([
    ['one letter', { username: 'x' }, '/username'],
    ['65 letters', { username: 'x'.repeat(65) }, '/username'],
    ['a space', { username: 'ada lovelace' }, '/username'],
    ['markup', { username: '<b>ada</b>' }, '/username'],
    ['a turn of direction', { username: `ada${RLO}ecalevol` }, '/username'],
    ['NUL', { username: 'ada\u0000' }, '/username'],
    ['half a character', { username: 'ada\ud83d' }, '/username'],
    ['a password of 7', { password: '1234567' }, '/password'],
    ['a password of 257', { password: 'x'.repeat(257) }, '/password'],
    ['a password that is tried first', { password: 'password1' }, '/password'],
    ['the same in other letters', { password: 'Iloveyou' }, '/password'],
    ['the user name for a password', { username: 'ada.lovelace', password: 'Ada.Lovelace' }, '/password'],
    ['a password with NUL', { password: '12345678\u0000' }, '/password'],
    ['a password with half a character', { password: '12345678\ud83d' }, '/password'],
    ['an empty display name', { displayName: '' }, '/displayName'],
    ['a blank display name', { displayName: ' \t\n ' }, '/displayName'],
    ['a display name of 65', { displayName: 'x'.repeat(65) }, '/displayName'],
    ['a display name with NUL', { displayName: 'Ada\u0000' }, '/displayName'],
    ['a display name with half a character', { displayName: 'Ada\udc00' }, '/displayName'],
    ['a display name of nothing to be seen', { displayName: `${RLO}${BELL}${LRM}` }, '/displayName'],
    ['an id of the own choice', { id: randomUUID() }, '/id'],
    ['an avatar', { avatarUrl: 'javascript:alert(1)' }, '/avatarUrl'],
    ['no user name', { username: undefined }, '/username'],
    ['no password', { password: undefined }, '/password'],
    ['a number for a name', { username: 42 }, '/username'],
    ['a list for a password', { password: [PASSWORD] }, '/password'],
  ])('refuses %s, points to the field, and makes nothing', async (_, fields, pointer) => {
    const account = { username: newName(), password: PASSWORD, ...fields };
    const before = await accountsCount();
    expect(await make(account)).toMatchObject(badAt(pointer));
    expect(await accountsCount()).toBe(before);
  });

  it('reports all errors at once, and repeats no password', async () => {
    const response = await make({ username: '?', password: 'hunter2', displayName: '', admin: true });
    expect(response.status).toBe(400);
    const places = response.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(places.sort()).toEqual(['/admin', '/displayName', '/password', '/username']);
    expect(JSON.stringify(response.body)).not.toContain('hunter2');
  });
});

describe('a display name', () => {
  it('is cleaned of what could disguise it: control characters and changes of direction', async () => {
    const username = newName();
    const displayName = `  ${RLO}Ada${BELL} ${LRI}Love${DEL}lace${PDI}${LRM}${NEL}\r\n`;
    expect((await make({ username, password: PASSWORD, displayName })).body.displayName).toBe('Ada Lovelace');
    expect(await accountRows(username)).toMatchObject([{ display_name: 'Ada Lovelace' }]);
  });

  it('is measured after cleaning', async () => {
    const displayName = `${RLO}${'x'.repeat(64)}${PDI}`;
    expect((await make({ username: newName(), password: PASSWORD, displayName })).status).toBe(201);
  });

  it('stays text, whatever it contains', async () => {
    const displayName = `<img src=x onerror=alert(1)> 'OR 1=1-- \${7*7} 𝒜`;
    const username = newName();
    expect((await make({ username, password: PASSWORD, displayName })).body.displayName).toBe(displayName);
    const phone = await signedInPhone(server.url, username);
    const response = await phone.account();
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.body.displayName).toBe(displayName);
  });

  it('of a device is treated alike: cleaned, and refused when too long', async () => {
    const phone = new Phone(server.url, await register(server.url));
    const response = await signIn(phone.username, PASSWORD, { id: phone.id, name: `${RLO}My${BELL} phone${PDI}` });
    phone.tokens = response.body;
    expect((await phone.sessions()).body.sessions[0]!.device.name).toBe('My phone');
    expect(await signIn(phone.username, PASSWORD, { name: 'x'.repeat(65) })).toMatchObject(badAt('/device/name'));
    expect(await new Screen(server.url).open({ name: `${LRM}` })).toMatchObject(badAt('/device/name'));
  });
});

describe('signing in', () => {
  it('answers a wrong password and an unknown user alike', async () => {
    const username = await register(server.url);
    const wrong = await signIn(username, 'not my password');
    const unknown = await signIn(newName(), PASSWORD);
    expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    expect(unknown.body).toEqual(wrong.body);
    expect(headersOf(unknown)).toEqual(headersOf(wrong));
  });

  it('treats impossible names and impossible passwords as wrong ones', async () => {
    const username = await register(server.url);
    const refused = { status: 401, body: { code: 'invalid_credentials' } };
    for (const name of ['', ' ', "' OR 1=1 --", '%', 'x'.repeat(256), `${username} `, `${username}\u202e`]) {
      expect(await signIn(name, PASSWORD), JSON.stringify(name)).toMatchObject(refused);
    }
    for (const password of ['', ' ', PASSWORD.toUpperCase(), `${PASSWORD} `, PASSWORD.slice(1)]) {
      expect(await signIn(username, password), JSON.stringify(password)).toMatchObject(refused);
    }
    expect(await server.db.query('SELECT id FROM sessions WHERE account_id = $1', [await idOf(username)])).toEqual([]);
  });

  it.each([
    ['a name longer than any', ['x'.repeat(257), PASSWORD], '/username'],
    ['a password longer than any', ['ada', 'x'.repeat(257)], '/password'],
    ['NUL in the name', ['ada\u0000', PASSWORD], '/username'],
    ['NUL in the password', ['ada', `${PASSWORD}\u0000`], '/password'],
    ['half a character', ['ada', '\ud800'], '/password'],
    ['no device', ['ada', PASSWORD, { id: undefined }], '/device/id'],
    ['a device with an empty name', ['ada', PASSWORD, { id: '' }], '/device/id'],
    ['a device with a name too long', ['ada', PASSWORD, { id: 'x'.repeat(129) }], '/device/id'],
    ['a device with a space in its name', ['ada', PASSWORD, { id: 'my phone' }], '/device/id'],
    ['a device with a name beyond ASCII', ['ada', PASSWORD, { id: 'téléphone' }], '/device/id'],
    ['a device of no known type', ['ada', PASSWORD, { type: 'fridge' }], '/device/type'],
    ['a device that says where it is', ['ada', PASSWORD, { ip: '192.0.2.1' }], '/device/ip'],
  ] as [string, [unknown, unknown, object?], string][])(
    'refuses %s, and points to the field',
    async (_, given, pointer) => {
      expect(await signIn(...given)).toMatchObject(badAt(pointer));
    },
  );

  it('works on devices of each type, and with names of 1 to 128 characters', async () => {
    const username = await register(server.url);
    for (const type of ['phone', 'web', 'desktop', 'tv', 'cli']) {
      const response = await signIn(username, PASSWORD, { type, id: '~'.repeat(128) });
      expect(response.status, type).toBe(201);
    }
    expect((await signIn(username, PASSWORD, { id: '!' })).status).toBe(201);
  });
});

describe('a deleted account', () => {
  it('lets nothing in: no token, no refresh, no scan', async () => {
    const phone = await signedInPhone(server.url);
    const screen = new Screen(server.url);
    await screen.open();
    await server.db.query('DELETE FROM accounts WHERE id = $1', [phone.tokens!.account.id]);
    const gone = { status: 403, body: { code: 'account_unavailable' } };
    expect(await phone.account()).toMatchObject(gone);
    expect(await phone.refresh()).toMatchObject(gone);
    expect(await phone.scan(screen)).toMatchObject(gone);
    expect((await screen.poll('expired')).body.status).toBe('pending');
    expect((await phone.signIn()).status).toBe(401);
  });
});

async function idOf(username: string): Promise<string> {
  const [row] = await server.db.query('SELECT id FROM accounts WHERE username = $1', [username]);
  return row.id;
}

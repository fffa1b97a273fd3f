import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { PROBLEMS, type ProblemCode } from '#libs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { type Answer, call } from '../support/http.js';

let server: RunningApp;
beforeAll(async () => {
  server = await startApp();
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

/** Members that only some problems may have. */
const ALSO: Record<string, ProblemCode> = {
  errors: 'invalid_request',
  currentStatus: 'ticket_wrong_status',
  reason: 'session_ended',
};

/** Holds an answer against the documented shape, to the last member. */
function expectProblem({ status, headers, body }: Answer, why: string): void {
  expect(headers.get('content-type'), why).toMatch(/^application\/problem\+json(;|$)/);
  const code = body.code as ProblemCode;
  expect(Object.keys(PROBLEMS), why).toContain(code);
  const also = Object.fromEntries(Object.entries(ALSO).filter(([member, only]) => member in body && only === code));
  expect(body, why).toEqual({
    type: `urn:scan-login:problem:${code}`,
    title: PROBLEMS[code].title,
    status,
    code,
    ...('detail' in body && { detail: expect.any(String) }),
    ...Object.fromEntries(Object.keys(also).map((member) => [member, body[member]])),
  });
  expect(status, why).toBe(PROBLEMS[code].status);
  if ('errors' in body) {
    expect(body.errors.length, why).toBeGreaterThan(0);
    for (const fault of body.errors) {
      expect(fault, why).toEqual({ pointer: expect.any(String), detail: expect.stringMatching(/./) });
    }
  }
  // words for people, not the insides of the server
  expect(JSON.stringify(body), why).not.toMatch(/node_modules|\.[jt]s:\d|\bat \w+ \(|SELECT|Fastify|FST_|Nest\b/);
}

type Body = string | Buffer | undefined;

async function send(path: string, body: Body, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  const said = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(said) : said, ms: 0 };
}

describe('docs/problems.md', () => {
  it('has a row for every code, and for no other, with its status', async () => {
    const page = await readFile('docs/problems.md', 'utf8');
    const rows = [...page.matchAll(/^\| *`(\w+)` *\| *(\d+) *\|/gm)].map(([, code, status]) => [code, Number(status)]);
    const known = Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]);
    expect(rows.map(String).toSorted()).toEqual(known.map(String).toSorted());
  });
});

async function afterScan(phone: Phone, screen: Screen, stranger: Phone): Promise<Partial<Record<ProblemCode, Answer>>> {
  await phone.scan(screen);
  const answers = {
    ticket_already_scanned: await stranger.scan(screen),
    ticket_not_yours: await stranger.confirm(screen, phone.scanToken),
    scan_token_invalid: await phone.confirm(screen, 'x'),
  };
  await phone.signOut();
  return { ...answers, session_ended: await phone.account() };
}

describe('a problem', () => {
  it('has the documented members, whatever it is', async () => {
    const phone = await signedInPhone(server.url);
    const tv = await signedInPhone(server.url, phone.username, 'tv');
    const stranger = await signedInPhone(server.url);
    const [screen, over] = [new Screen(server.url), new Screen(server.url)];
    for (const each of [screen, over]) await each.open();
    await server.db.query(`UPDATE tickets SET expires_at = now() WHERE uuid = $1`, [over.uuid]);
    const nobody = new Phone(server.url, 'nobody.at.all');
    const answers: Partial<Record<ProblemCode, Answer>> = {
      invalid_request: await call('POST', `${server.url}/v1/tickets`, { json: { device: { id: 1 } } }),
      malformed_json: await send('/v1/tickets', '{'),
      invalid_credentials: await nobody.signIn(),
      token_invalid: await nobody.account(),
      device_mismatch: await phone.as('GET', '/v1/account', undefined, { 'x-device-id': 'x' }),
      device_not_allowed: await tv.scan(screen),
      not_found: await call('GET', `${server.url}/v1`),
      ticket_not_found: await phone.scan({ uuid: 'x' }),
      session_not_found: await phone.as('DELETE', '/v1/sessions/x'),
      username_taken: await call('POST', `${server.url}/v1/accounts`, {
        json: { username: phone.username, password: PASSWORD },
      }),
      ticket_wrong_status: await screen.redeem(),
      ticket_expired: await over.redeem(),
      payload_too_large: await send('/v1/tickets', 'x'.repeat(64 * 1024 + 1)),
      uri_too_long: await call('GET', `${server.url}/v1/tickets/${'x'.repeat(300)}/qr.svg`),
      unsupported_media_type: await send('/v1/tickets', 'x', { 'content-type': 'text/plain' }),
      ...(await afterScan(phone, screen, stranger)),
    };
    for (const [code, answer] of Object.entries(answers)) {
      expectProblem(answer, code);
      expect(answer.body.code).toBe(code);
    }
    expect(answers.ticket_wrong_status!.body.currentStatus).toBe('pending');
    expect(answers.session_ended!.body.reason).toBe('signed_out');
  });

  it('says when to come again, when that helps', async () => {
    const { url } = await startAppForTest({ SIGN_IN_FAILURES_PER_ADDRESS: '0' });
    const tooMany = Array.from({ length: availableParallelism() * 60 + 60 }, (_, n) => new Phone(url, `nobody.${n}`));
    const answers = await Promise.all(tooMany.map((phone) => phone.signIn()));
    const busy = answers.filter(({ status }) => status === 503);
    expect(busy.length).toBeGreaterThan(0);
    for (const answer of busy) {
      expectProblem(answer, 'busy');
      expect(answer.body.code).toBe('busy');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });

  it('is told of what is no HTTP, too', async () => {
    const requests = {
      'no request': 'GARBAGE\r\n\r\n',
      'another protocol': 'GET / HTTP/9.9\r\n\r\n',
      'too many headers': `GET /livez HTTP/1.1\r\nHost: x\r\nX-Device-Id: ${'x'.repeat(20_000)}\r\n\r\n`,
      'two lengths': 'POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      'a length and chunks':
        'POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    };
    for (const [which, said] of Object.entries(requests)) {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.end(said);
      const [head, body] = (await text(socket)).split('\r\n\r\n');
      expect(head, which).toMatch(/^HTTP\/1\.1 4\d\d /);
      const headers = new Headers(
        head!
          .split('\r\n')
          .slice(1)
          .map((line) => line.split(': ') as [string, string]),
      );
      const status = Number(head!.split(' ')[1]);
      expectProblem({ status, headers, body: JSON.parse(body!), ms: 0 }, which);
    }
  });
});

interface Operation {
  path: string;
  /** What would go through, so that only the harm in it is refused. Every field that there is. */
  good: Record<string, unknown>;
  headers: Record<string, string>;
}

/** Every POST of the document, by its path. */
async function everyOperation(): Promise<Record<string, Operation>> {
  const phone = await signedInPhone(server.url);
  const [pending, scanned] = [new Screen(server.url), new Screen(server.url)];
  for (const screen of [pending, scanned]) await screen.open();
  await phone.scan(scanned);
  await phone.account(); // from now on it is not new that it is used
  const { username, scanToken } = phone;
  const password = PASSWORD;
  const device = { id: 'a-device', type: 'cli', name: 'A device' };
  const ofPhone = { 'x-device-id': phone.id };
  const ofSession = { ...ofPhone, authorization: `Bearer ${phone.tokens!.accessToken}` };
  const ofScreen = { 'x-device-id': scanned.id, 'x-ticket-secret': scanned.secret };
  const good: Record<string, [object, Record<string, string>?, Screen?]> = {
    '/v1/accounts': [{ username: 'eve.the.hostile', password, displayName: 'Eve' }],
    '/v1/account/password': [{ current: password, new: 'a new and better one' }, ofSession],
    '/v1/sessions': [{ username, password, device, refreshCookie: false }],
    '/v1/sessions/refresh': [{ refreshToken: phone.tokens!.refreshToken }, ofPhone],
    '/v1/tickets': [{ device }],
    '/v1/tickets/{uuid}/redeem': [{ refreshCookie: false }, ofScreen, scanned],
    '/v1/tickets/{uuid}/scan': [{}, ofSession, pending],
    '/v1/tickets/{uuid}/confirm': [{ scanToken, number: '42' }, ofSession, scanned],
    '/v1/tickets/{uuid}/deny': [{ scanToken, reason: 'declined' }, ofSession, scanned],
  };
  const entries = Object.entries(good).map(([path, [body, headers = {}, screen]]) => {
    return [path, { path: path.replace('{uuid}', screen?.uuid ?? ''), good: { ...body }, headers }];
  });
  return Object.fromEntries(entries) as Record<string, Operation>;
}

/** All that can be changed, but for the note that a session is in use. */
function everyRow(): Promise<unknown> {
  return Promise.all(
    ['accounts', 'sessions', 'tickets', 'refresh_tokens'].map((table) =>
      server.db.query(`SELECT to_jsonb(t) - 'last_seen_at' - 'used_at' AS row FROM ${table} t ORDER BY 1`),
    ),
  );
}

function nested(open: string, close: string, depth: number): string {
  return open.repeat(depth) + close.repeat(depth);
}

async function statusCall(query: string): Promise<Answer> {
  const screen = new Screen(server.url);
  await screen.open();
  const address = `${server.url}/v1/tickets/${screen.uuid}/status?${query}`;
  return call('GET', address, { headers: { 'x-ticket-secret': screen.secret } });
}

describe('hostile input', () => {
  let operations: Record<string, Operation>;
  beforeAll(async () => {
    operations = await everyOperation();
  });

  /** Sends each body to every POST, and expects a refusal that left nothing behind. */
  async function refusesAll(bodies: (operation: Operation) => Iterable<[string, Body, Record<string, string>?]>) {
    const before = await everyRow();
    let count = 0;
    for (const [name, operation] of Object.entries(operations)) {
      for (const [which, body, headers] of bodies(operation)) {
        const answer = await send(operation.path, body, { ...operation.headers, ...headers });
        const why = `POST ${name}: ${which}`;
        expect(answer.status, why).toBeGreaterThanOrEqual(400);
        expect(answer.status, why).toBeLessThan(500);
        expectProblem(answer, why);
        count += 1;
      }
    }
    expect(await everyRow()).toEqual(before);
    return count;
  }

  it('is thrown at every field of every POST of the document', async () => {
    const { paths, components } = (await call('GET', `${server.url}/openapi.json`)).body;
    const posts = Object.keys(paths).filter((path) => 'post' in paths[path]);
    expect(Object.keys(operations).toSorted()).toEqual(posts.toSorted());
    for (const path of posts) {
      const { schema } = paths[path].post.requestBody.content['application/json'];
      const { properties } = schema.$ref ? components.schemas[schema.$ref.split('/').at(-1)] : schema;
      expect(Object.keys(operations[path]!.good).toSorted(), path).toEqual(Object.keys(properties).toSorted());
    }
  });

  it('that is no JSON, or more than one, is refused', async () => {
    await refusesAll(({ good }) => {
      const json = JSON.stringify(good);
      return Object.entries({
        'half of it': json.slice(0, -1),
        'a comma too many': json.replace(/\}$/, ',}'),
        'something behind it': `${json}x`,
        twice: json + json,
        'a byte order mark': `\ufeff${json}`,
        'single quotes': `{'a':1}`,
        'a raw NUL': '\u0000',
        'NUL in a text': '{"a":"\u0000"}',
        'a line break in a text': '{"a":"\n"}',
        'no number': '{"a":NaN}',
        'a comment': `/* */${json}`,
        blanks: '   ',
        markup: '<xml/>',
        'half an escape': '{"a":"\\u12"}',
      });
    });
  });

  it('that is JSON, but no object, is refused', async () => {
    const others = ['[]', '[{}]', '0', '-1', '1e400', '"text"', 'true', 'false'];
    await refusesAll(() => others.map((body) => [body, body]));
  });

  it('that is nothing at all, or null, is refused where something is needed, and else does no harm', async () => {
    for (const body of ['', 'null', undefined]) {
      for (const [name, { path, headers }] of Object.entries(operations)) {
        if (name.endsWith('/scan')) continue; // needs nothing
        const answer = await send(path, body, headers);
        expect(answer.status, `${name}: ${body}`).toBe(name.endsWith('/redeem') ? 409 : 400);
        expectProblem(answer, `${name}: ${body}`);
      }
    }
  });

  it('that is nested without end is refused', async () => {
    await refusesAll(() => [
      ['lists', nested('[', ']', 30_000)],
      ['lists never closed', '['.repeat(60_000)],
      ['objects', nested('{"a":', '}', 10_000).replace('{"a":}', '{}')],
      ['in an unknown field', `{"a":${nested('[', ']', 1000)}}`],
      ['a hundred thousand deep', nested('[', ']', 100_000)],
    ]);
  });

  it('that means two things is refused: keys that stand twice, and prototypes', async () => {
    await refusesAll(({ good }) => {
      const rest = JSON.stringify(good).slice(1);
      const others = rest === '}' ? rest : `,${rest}`;
      const twice = Object.keys(good).map((key): [string, string] => [
        `${key} twice`,
        `{${JSON.stringify(key)}:"another"${others}`,
      ]);
      return [
        ...twice,
        ['__proto__', `{"__proto__":{"admin":true}${others}`],
        ['__proto__ escaped', `{"__pr\\u006fto__":{"admin":true}${others}`],
        ['__proto__ of null', `{"__proto__":null${others}`],
        ['constructor', `{"constructor":{"prototype":{"admin":true}}${others}`],
      ];
    });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('in an unknown field is refused, with a pointer to it', async () => {
    const fields = { accountId: '/accountId', 'a/b': '/a~1b', '~': '/~0', '': '/', toString: '/toString', '💥': '/💥' };
    for (const [name, { path, good, headers }] of Object.entries(operations)) {
      for (const [field, pointer] of Object.entries(fields)) {
        const answer = await send(path, JSON.stringify({ ...good, [field]: 1 }), headers);
        expectProblem(answer, name);
        const errors = [{ pointer, detail: expect.any(String) }];
        expect(answer, `${name} with ${field}`).toMatchObject({
          status: 400,
          body: { code: 'invalid_request', errors },
        });
      }
      for (const [outer, value] of Object.entries(good)) {
        if (typeof value !== 'object') continue;
        const answer = await send(path, JSON.stringify({ ...good, [outer]: { ...value, more: 1 } }), headers);
        expect(answer.body.errors, name).toEqual([{ pointer: `/${outer}/more`, detail: expect.any(String) }]);
      }
    }
  });

  it('in a known field is refused, whatever stands there instead', async () => {
    const values: unknown[] = [
      null,
      1,
      -1,
      1.5,
      1e300,
      true,
      [],
      ['x'],
      {},
      { $gt: '' },
      { toString: 1 },
      'x'.repeat(5000),
    ];
    const texts = ['nul\u0000', '\ud800', '\udc00x', 'x\ud800'];
    const count = await refusesAll(function* ({ good }) {
      for (const bad of [...values, ...texts]) {
        for (const [field, value] of Object.entries(good)) {
          if (typeof value === 'boolean' && typeof bad === 'boolean') continue; // which is no harm
          if (field === 'number' && Number.isSafeInteger(bad)) continue;
          yield [`${field}: ${JSON.stringify(bad).slice(0, 40)}`, JSON.stringify({ ...good, [field]: bad })];
          if (typeof value !== 'object') continue;
          for (const inner of Object.keys(value!)) {
            const body = { ...good, [field]: { ...value, [inner]: bad } };
            yield [`${field}.${inner}: ${JSON.stringify(bad).slice(0, 40)}`, JSON.stringify(body)];
          }
        }
      }
    });
    expect(count).toBeGreaterThan(200);
  });

  it('that lacks a field is refused, with a pointer to where it should be', async () => {
    const isOptional = new Set(['displayName', 'name', 'reason', 'number', 'refreshCookie']);
    for (const [name, { path, good, headers }] of Object.entries(operations)) {
      for (const field of Object.keys(good).filter((each) => !isOptional.has(each))) {
        const answer = await send(path, JSON.stringify({ ...good, [field]: undefined }), headers);
        expectProblem(answer, name);
        expect(answer.body.errors, name).toEqual([{ pointer: `/${field}`, detail: expect.any(String) }]);
      }
    }
  });

  it('of another type is refused, even where what it holds is good', async () => {
    const types = [
      'text/plain',
      'text/json',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'application/problem+json',
      'application/octet-stream',
      ';;;',
      'application',
      '',
    ];
    await refusesAll(({ good }) =>
      types.map((type) => [`as ${type || 'nothing'}`, JSON.stringify(good), { 'content-type': type }]),
    );
  });

  it('that is too large is refused, for what it is', async () => {
    const before = await everyRow();
    for (const [name, { path, good, headers }] of Object.entries(operations)) {
      for (const bytes of [64 * 1024 + 1, 1024 * 1024 + 1]) {
        const json = JSON.stringify(good);
        const answer = await send(path, json + ' '.repeat(bytes - json.length), headers);
        expectProblem(answer, name);
        expect(answer, `${name}: ${bytes} bytes`).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
      }
    }
    expect(await everyRow()).toEqual(before);
  });

  it('that is no text is refused', async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from('"}')]);
    await refusesAll(() => [
      ['bytes that are no UTF-8', bytes],
      ['UTF-16', Buffer.from('{}', 'utf16le')],
      ['something packed', Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0]), { 'content-encoding': 'gzip' }],
    ]);
  });

  it('in an address is refused: parameters are checked like bodies', async () => {
    const known = ['known=x', 'known=', 'known=%00', 'known=__proto__', 'known=pending&known=scanned'];
    const wait = ['wait=-1', 'wait=1e3', 'wait=x', 'wait=', 'wait=1.5', 'wait=99999999', 'wait=1&wait=2', 'wait=%00'];
    for (const query of [...known, ...wait, 'wait=%F0%9F', '__proto__=x&wait=x', `known=${'x'.repeat(10_000)}`]) {
      const answer = await statusCall(query);
      expect(answer, query).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expectProblem(answer, query);
    }
  });

  it('in an address is named by its parameter', async () => {
    const { errors } = (await statusCall('known=x&wait=x')).body;
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['?known', '?wait']);
  });

  it.each(['constructor', 'prototype'])('in an unknown field is refused even when that is called %s', async (field) => {
    await refusesAll(({ good }) => [[field, JSON.stringify({ ...good, [field]: 1 })]]);
  });

  it('has done nothing: what is good goes through all the while', async () => {
    const username = 'good.all.the.while';
    Object.assign(operations['/v1/accounts']!.good, { username });
    for (const name of ['/v1/accounts', '/v1/tickets', '/v1/sessions/refresh', '/v1/tickets/{uuid}/deny']) {
      const { path, good, headers } = operations[name]!;
      expect((await send(path, JSON.stringify(good), headers)).status, name).toBeLessThan(300);
    }
  });
});

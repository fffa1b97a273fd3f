import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { OpenedTicket } from '@scan-login/client';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { PASSWORD, type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { type Body, everyPost, everyRow, type Post, send } from '../support/posts.js';
import { expectProblem } from '../support/problem-shape.js';
import { everythingOf, NO_TICKET } from './support/answers.js';
import { attack } from './support/attack.js';

// Input that is made to break something: every response is a problem of the documented shape, and nothing is half done.

let server: RunningApp;
let ada: Phone;
let posts: Record<string, Post>;

beforeAll(async () => {
  server = await startApp({ SESSIONS_PER_DEVICE_TYPE: '0', SCANS_PER_ACCOUNT: '0' });
  ada = await signedInPhone(server.url);
  await ada.account(); // the session is in use from here on, so later calls do not write that again
  posts = await everyPost(server.url);
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

type Hostile = (post: Post) => Iterable<[string, Body, Record<string, string>?]>;

/** Sends every one of these bodies to every POST of the API; each is refused, and the database does not change. */
function hostileBodies(name: string, bodies: Hostile, status?: number): void {
  attack(name, {
    given: () => everyRow(server.db),
    when: async () => {
      const sent = Object.entries(posts).map(async ([path, post]) => {
        const responses: [string, HttpResponse][] = [];
        for (const [which, body, headers] of bodies(post)) {
          const why = `POST ${path}: ${which}`;
          responses.push([why, await send(post.address, body, { ...post.headers, ...headers })]);
        }
        return responses;
      });
      return (await Promise.all(sent)).flat();
    },
    then: async (responses, before) => {
      for (const [why, response] of responses) {
        expectProblem(response, why);
        expect(response.status, why).toBeGreaterThanOrEqual(status ?? 400);
        expect(response.status, why).toBeLessThanOrEqual(status ?? 499);
      }
      expect(await everyRow(server.db)).toEqual(before);
    },
  });
}

function nested(open: string, close: string, depth: number): string {
  return open.repeat(depth) + close.repeat(depth);
}

describe('hostile bodies, to every POST', () => {
  attack('the list of POSTs is that of the document, with every field of each', {
    given: async () => (await call('GET', `${server.url}/openapi.json`)).body,
    when: ({ paths, components }) =>
      Object.keys(paths)
        .filter((path) => 'post' in paths[path])
        .map((path) => {
          const { schema } = paths[path].post.requestBody.content['application/json'];
          const { properties } = schema.$ref ? components.schemas[schema.$ref.split('/').at(-1)] : schema;
          return [path, Object.keys(properties).toSorted()] as const;
        }),
    then: (fields) => {
      const known = Object.entries(posts).map(([path, { good }]) => [path, Object.keys(good).toSorted()]);
      expect(Object.fromEntries(known)).toEqual(Object.fromEntries(fields));
    },
  });

  hostileBodies('no JSON, or more than one', ({ good }) => {
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

  hostileBodies('JSON that is no object', () =>
    ['[]', '[{}]', '0', '-1', '1e400', '"text"', 'true', 'false'].map((body) => [body, body]),
  );

  hostileBodies('nesting without end', () => [
    ['lists', nested('[', ']', 30_000)],
    ['lists never closed', '['.repeat(60_000)],
    ['objects', nested('{"a":', '}', 10_000).replace('{"a":}', '{}')],
    ['in an unknown field', `{"a":${nested('[', ']', 1000)}}`],
    ['a hundred thousand deep', nested('[', ']', 100_000)],
  ]);

  hostileBodies('two meanings: keys that stand twice, and prototypes', ({ good }) => {
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
      ['constructor, plain', JSON.stringify({ ...good, constructor: 1 })],
      ['prototype, plain', JSON.stringify({ ...good, prototype: 1 })],
    ];
  });

  hostileBodies('a wrong type, or text that no database can hold, in every field', function* ({ good }) {
    const values: unknown[] = [null, 1, -1, 1.5, 1e15, 1e300, true, [], ['x'], {}, { $gt: '' }, { toString: 1 }];
    const texts = ['x'.repeat(5000), 'nul\u0000', '\ud800', '\udc00x', 'x\ud800'];
    for (const bad of [...values, ...texts]) {
      for (const [field, value] of Object.entries(good)) {
        if (typeof value === 'boolean' && typeof bad === 'boolean') continue; // valid
        if (field === 'number' && bad === 1) continue;
        const shown = JSON.stringify(bad).slice(0, 40);
        yield [`${field}: ${shown}`, JSON.stringify({ ...good, [field]: bad })];
        if (typeof value !== 'object') continue;
        for (const inner of Object.keys(value!)) {
          yield [`${field}.${inner}: ${shown}`, JSON.stringify({ ...good, [field]: { ...value, [inner]: bad } })];
        }
      }
    }
  });

  hostileBodies(
    'another content type, though what it holds is good',
    ({ good }) =>
      [
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
      ].map((type) => [`as ${type || 'nothing'}`, JSON.stringify(good), { 'content-type': type }]),
    415,
  );

  hostileBodies(
    'more than is read: one byte above 16 KiB, and above 1 MiB',
    ({ good }) =>
      [16 * 1024 + 1, 1024 * 1024 + 1].map((bytes) => [`${bytes} bytes`, JSON.stringify(good).padEnd(bytes)]),
    413,
  );

  hostileBodies('bytes that are no text, or are packed', () => [
    ['no UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from('"}')])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['gzip', Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0]), { 'content-encoding': 'gzip' }],
  ]);

  attack('valid requests after all of that: they succeed, and no prototype was polluted', {
    given: () => Object.assign(posts['/v1/accounts']!.good, { username: 'good.all.the.while' }),
    when: () =>
      Promise.all(
        ['/v1/accounts', '/v1/tickets', '/v1/sessions/refresh', '/v1/tickets/{uuid}/deny'].map((path) => {
          const { address, good, headers } = posts[path]!;
          return send(address, JSON.stringify(good), headers);
        }),
      ),
    then: (responses) => {
      for (const { status, body } of responses) expect(status, JSON.stringify(body)).toBeLessThan(300);
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    },
  });
});

describe('hostile addresses', () => {
  attack('invalid parameters of the status call: checked like bodies', {
    given: async () => {
      const screen = new Screen(server.url);
      await screen.open();
      return screen;
    },
    when: (screen) => {
      const known = ['known=x', 'known=', 'known=%00', 'known=__proto__', 'known=pending&known=scanned'];
      const wait = ['wait=-1', 'wait=1e3', 'wait=x', 'wait=', 'wait=1.5', 'wait=99999999', 'wait=1&wait=2', 'wait=%00'];
      const others = [
        'wait=%F0%9F',
        '__proto__=x&wait=x',
        `known=${'x'.repeat(10_000)}`,
        'known[]=pending&wait[a]=1&wait=',
      ];
      return Promise.all(
        [...known, ...wait, ...others].map(async (query) => {
          const address = `${server.url}/v1/tickets/${screen.uuid}/status?${query}`;
          return [query, await call('GET', address, { headers: { 'x-ticket-secret': screen.secret } })] as const;
        }),
      );
    },
    then: (responses) => {
      for (const [query, response] of responses) {
        expect(response, query).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
        expectProblem(response, query);
      }
    },
  });

  for (const uuid of [
    'x',
    '00000000-0000-0000-0000-00000000000',
    '00000000-0000-0000-0000-0000000000000',
    '00000000000000000000000000000000',
    '%7B00000000-0000-0000-0000-000000000000%7D',
    '00000000-0000-0000-0000-00000000000g',
    '%00',
    '%0d%0aX-Evil:%201',
    '%F0%9F%98%80',
    '..%2f..%2fv1%2faccount',
    "1'%20OR%20'1'='1",
    '0'.repeat(199),
  ]) {
    attack(`a text that cannot be a ticket's uuid gets the response for an unknown ticket: ${uuid}`, {
      given: () => call('GET', `${server.url}/v1/tickets/${randomUUID()}/status`),
      when: async () => {
        const ticket = `${server.url}/v1/tickets/${uuid}`;
        const headers = { 'x-ticket-secret': 'x', 'x-device-id': 'x' };
        const asScreen = [
          'GET /status',
          'GET /events',
          'GET /code',
          'POST /redeem',
          'DELETE ',
          'GET /qr.svg',
          'GET /qr.png',
        ];
        const asPhone: [string, object?][] = [['scan'], ['confirm', { scanToken: 'x' }], ['deny', { scanToken: 'x' }]];
        return Promise.all([
          ...asScreen.map((each) => call(each.split(' ')[0]!, ticket + each.split(' ')[1]!, { headers })),
          ...asPhone.map(([step, json]) => ada.as('POST', `/v1/tickets/${uuid}/${step}`, json)),
        ]);
      },
      then: (responses, nobodys) => {
        for (const response of responses) {
          expect(response).toMatchObject(NO_TICKET);
          expect(response.body).toEqual(nobodys.body);
          expect(response.headers.get('x-evil')).toBeNull();
        }
        expect(everythingOf(responses[0]!)).toEqual(everythingOf(nobodys));
      },
    });
  }

  attack('a path out of the folder of the pages: no file of the server is revealed', {
    given: () => [
      '/assets/../../package.json',
      '/assets/..%2f..%2fpackage.json',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/..%5c..%5cpackage.json',
      '/assets//etc/passwd',
      '/assets/....//....//package.json',
      '/assets/%00',
      '/assets/.env',
      '/assets/',
      '/assets',
      '/.git/config',
      '/package.json',
      '/l/../../package.json',
      '/docs/../package.json',
      '/docs/%2e%2e/%2e%2e/package.json',
    ],
    when: (paths) => Promise.all(paths.map((path) => raw('GET', path))),
    then: (responses) => {
      for (const [path, head, body] of responses) {
        expect(head, path).toMatch(/^HTTP\/1\.1 4\d\d /);
        expect(body, path).not.toMatch(/devDependencies|root:|\[core\]/);
      }
    },
  });
});

/** Sends a request line as is: fetch would normalize the path. @returns path, head and body of the response */
async function raw(method: string, path: string, more = ''): Promise<[path: string, head: string, body: string]> {
  const [head, body] = await exchange(`${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`);
  return [path, head, body];
}

function postWith(headers: string): string {
  return `POST /v1/tickets HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
}

/** Sends raw bytes. @returns everything that came back, split at the end of the first head */
async function exchange(said: string): Promise<[head: string, rest: string]> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(said); // without ending the connection: a client that hangs up gets no response
  const back = await text(socket);
  const end = back.indexOf('\r\n\r\n');
  return [back.slice(0, end), back.slice(end + 4)];
}

describe('hostile headers', () => {
  attack('headers of 20 KB, two thousand headers, or unreadable ones: refused with the matching error', {
    given: () => [
      `GET /livez HTTP/1.1\r\nHost: x\r\nX-Device-Id: ${'x'.repeat(20_000)}\r\n\r\n`,
      `GET /livez HTTP/1.1\r\nHost: x\r\n${'X-Many: 0123456789\r\n'.repeat(2000)}\r\n`,
      'GET /livez HTTP/1.1\r\nHost: x\r\nX-Device-Id: a\u0000b\r\n\r\n',
      'GET /livez HTTP/1.1\r\nHost x\r\n\r\n',
      'GARBAGE\r\n\r\n',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    ],
    when: (all) => Promise.all(all.map(exchange)),
    then: (responses) => {
      for (const [head, body] of responses) {
        expect(head).toMatch(/^HTTP\/1\.1 4(00|14|31) /);
        expect(head).toMatch(/^content-type: application\/problem\+json/im);
        expect(JSON.parse(body)).toMatchObject({
          code: expect.stringMatching(/^(invalid_request|headers_too_large)$/),
        });
      }
    },
  });

  attack('a request smuggled behind another one: two lengths, or a length and chunks, are refused', {
    given: () => {
      const hidden = 'GET /v1/account HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
      return [
        `${postWith('Content-Length: 1\r\nContent-Length: 2\r\n')}xx${hidden}`,
        `${postWith('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n')}0\r\n\r\n${hidden}`,
        `${postWith('Transfer-Encoding: chunked, identity\r\n')}0\r\n\r\n${hidden}`,
        `${postWith('Transfer-Encoding: xchunked\r\n')}0\r\n\r\n${hidden}`,
        `${postWith('Content-Length: +4\r\n')}0\r\n\r\n${hidden}`,
        `${postWith('Content-Length : 4\r\n')}0\r\n\r\n${hidden}`,
        `${postWith('Content-Length: 0x4\r\n')}0\r\n\r\n${hidden}`,
      ];
    },
    when: (all) => Promise.all(all.map(exchange)),
    then: (responses) => {
      for (const [head, rest] of responses) {
        expect(head).toMatch(/^HTTP\/1\.1 4(00|15) /);
        expect(rest).not.toContain('token_invalid'); // the response to the hidden request
      }
    },
  });

  attack('a forged Host header: no link is built from it', {
    given: () => ({ host: 'evil.test', 'content-type': 'application/json' }),
    when: (headers) =>
      new Promise<OpenedTicket>((resolve, reject) => {
        const body = JSON.stringify({ device: { id: 'x', type: 'web' } });
        const asked = request(`${server.url}/v1/tickets`, { method: 'POST', headers }, (response) => {
          text(response).then((said) => resolve(JSON.parse(said) as OpenedTicket), reject);
        });
        asked.on('error', reject).end(body);
      }),
    then: ({ qrUrl }) => expect(new URL(qrUrl).origin).toBe(server.url),
  });

  attack('a User-Agent that is made to be costly or misleading: cleaned, cut, and parsed at once', {
    given: () => [
      `Mozilla/5.0 ${'(a'.repeat(4000)}`,
      `${'Version/1.'.repeat(800)} Safari/1`,
      'Mozilla/5.0 (Windows NT 10.0; <script>alert(1)</script>) Chrome/1<img src=x onerror=alert(1)> Safari/537',
      'Mozilla/5.0 (Linux; Android 9; ' + ' '.repeat(5000) + ') Chrome/99.0',
      `Opera/9.80${';'.repeat(6000)}`,
    ],
    when: (programs) =>
      Promise.all(
        programs.map(async (program) => {
          const json = { device: { id: 'x', type: 'web' } };
          const headers = { 'user-agent': program };
          const opened = await call('POST', `${server.url}/v1/tickets`, { json, headers });
          return { opened, scanned: (await ada.scan(opened.body)).body };
        }),
      ),
    then: (responses) => {
      for (const { opened, scanned } of responses) {
        expect(opened.status).toBe(201);
        expect(opened.ms).toBeLessThan(2000);
        for (const name of [scanned.screen.browser, scanned.screen.os]) {
          expect((name ?? '').length).toBeLessThanOrEqual(64);
          expect(name ?? '').not.toMatch(/[<>\p{Cc}\p{Cf}]/u);
        }
      }
    },
  });
});

describe('hostile names', () => {
  const MARKUP = `<img src=x onerror=alert(1)>"'\${7*7}{{7*7}}`;

  attack('markup for a name: it stays plain text, and no response is a page', {
    given: async () => {
      const json = { username: `mallory.${randomUUID().slice(0, 8)}`, password: PASSWORD, displayName: MARKUP };
      await call('POST', `${server.url}/v1/accounts`, { json });
      const mallory = await signedInPhone(server.url, json.username);
      const screen = new Screen(server.url);
      await screen.open({ name: MARKUP });
      return { mallory, screen };
    },
    when: async ({ mallory, screen }) => {
      const scanned = await mallory.scan(screen);
      return { scanned, shown: await screen.poll('pending') };
    },
    then: ({ scanned, shown }) => {
      expect(scanned.body.screen.name).toBe(MARKUP);
      expect(shown.body.account.displayName).toBe(MARKUP);
      for (const { headers } of [scanned, shown]) {
        expect(headers.get('content-type')).toMatch(/^application\/json/);
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/);
      }
    },
  });

  attack(
    'reversed text, control characters and blanks to pass for another account: cleaned, or refused when none is left',
    {
      given: () => [
        '\u202eecnanif',
        'fin\u0007ance',
        '\u2066finance\u2069',
        ' finance\r\n',
        '\u200e\u202e',
        '\u2028',
        ' ',
      ],
      when: (names) => Promise.all(names.map((name) => new Screen(server.url).open({ name }))),
      then: (responses) => {
        const statuses = responses.map(({ status }) => status);
        expect(statuses).toEqual([201, 201, 201, 201, 400, 400, 400]);
      },
    },
  );

  attack("another account's name in other letters: it is taken, in whatever case or width it is written", {
    given: () => ada.username,
    when: (username) => {
      const wide = username.replace(/[a-z]/g, (letter) => String.fromCodePoint(letter.codePointAt(0)! + 0xfee0));
      return Promise.all(
        [username.toUpperCase(), wide].map((name) =>
          call('POST', `${server.url}/v1/accounts`, { json: { username: name, password: PASSWORD } }),
        ),
      );
    },
    then: (responses) => {
      for (const response of responses)
        expect(response).toMatchObject({ status: 409, body: { code: 'username_taken' } });
    },
  });
});

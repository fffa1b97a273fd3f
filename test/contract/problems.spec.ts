import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { PROBLEMS, type ProblemCode } from '@scan-login/nest/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp, startAppForTest } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { everyPost, type Post, send } from '../support/posts.js';
import { expectProblem } from '../support/problem-shape.js';

let server: RunningApp;
beforeAll(async () => {
  server = await startApp();
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

describe('docs/problems.md', () => {
  it('has a row for every code, and for no other, with its status', async () => {
    const page = await readFile('docs/problems.md', 'utf8');
    const rows = [...page.matchAll(/^\| *`(\w+)` *\| *(\d+) *\|/gm)].map(([, code, status]) => [code, Number(status)]);
    const known = Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]);
    expect(rows.map(String).toSorted()).toEqual(known.map(String).toSorted());
  });
});

async function afterScan(
  phone: Phone,
  screen: Screen,
  stranger: Phone,
): Promise<Partial<Record<ProblemCode, HttpResponse>>> {
  await phone.scan(screen);
  const responses = {
    ticket_already_scanned: await stranger.scan(screen),
    ticket_not_yours: await stranger.confirm(screen, phone.scanToken),
    scan_token_invalid: await phone.confirm(screen, 'x'),
  };
  await phone.signOut();
  return { ...responses, session_ended: await phone.account() };
}

describe('a problem', () => {
  it('has the documented members, whichever it is', async () => {
    const phone = await signedInPhone(server.url);
    const tv = await signedInPhone(server.url, phone.username, 'tv');
    const stranger = await signedInPhone(server.url);
    const [screen, over] = [new Screen(server.url), new Screen(server.url)];
    for (const each of [screen, over]) await each.open();
    await server.db.query(`UPDATE tickets SET expires_at = now() WHERE uuid = $1`, [over.uuid]);
    const nobody = new Phone(server.url, 'nobody.at.all');
    const responses: Partial<Record<ProblemCode, HttpResponse>> = {
      invalid_request: await call('POST', `${server.url}/v1/tickets`, { json: { device: { id: 1 } } }),
      malformed_json: await send(`${server.url}/v1/tickets`, '{'),
      invalid_credentials: await nobody.signIn(),
      token_invalid: await nobody.account(),
      device_mismatch: await phone.as('GET', '/v1/account', undefined, { 'x-device-id': 'x' }),
      device_not_allowed: await tv.scan(screen),
      not_found: await call('GET', `${server.url}/v1`),
      ticket_not_found: await phone.scan({ uuid: 'x' }),
      screen_not_found: await phone.as('DELETE', '/v1/account/screens/x'),
      session_not_found: await phone.as('DELETE', '/v1/sessions/x'),
      username_taken: await call('POST', `${server.url}/v1/accounts`, {
        json: { username: phone.username, password: PASSWORD },
      }),
      ticket_wrong_status: await screen.redeem(),
      ticket_expired: await over.redeem(),
      payload_too_large: await send(`${server.url}/v1/tickets`, 'x'.repeat(16 * 1024 + 1)),
      uri_too_long: await call('GET', `${server.url}/v1/tickets/${'x'.repeat(300)}/qr.svg`),
      unsupported_media_type: await send(`${server.url}/v1/tickets`, 'x', { 'content-type': 'text/plain' }),
      ...(await afterScan(phone, screen, stranger)),
    };
    for (const [code, response] of Object.entries(responses)) {
      expectProblem(response, code);
      expect(response.body.code).toBe(code);
    }
    expect(responses.ticket_wrong_status!.body.currentStatus).toBe('pending');
    expect(responses.session_ended!.body.reason).toBe('signed_out');
  });

  it('says when to try again, where that helps', async () => {
    const { url } = await startAppForTest({ SIGN_IN_FAILURES_PER_ADDRESS: '0' });
    const tooMany = Array.from({ length: availableParallelism() * 60 + 60 }, (_, n) => new Phone(url, `nobody.${n}`));
    const responses = await Promise.all(tooMany.map((phone) => phone.signIn()));
    const busy = responses.filter(({ status }) => status === 503);
    expect(busy.length).toBeGreaterThan(0);
    for (const response of busy) {
      expectProblem(response, 'busy');
      expect(response.body.code).toBe('busy');
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });

  it('is the response to malformed HTTP too', async () => {
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

async function statusCall(query: string): Promise<HttpResponse> {
  const screen = new Screen(server.url);
  await screen.open();
  const address = `${server.url}/v1/tickets/${screen.uuid}/status?${query}`;
  return call('GET', address, { headers: { 'x-ticket-secret': screen.secret } });
}

describe('bad input', () => {
  let posts: Record<string, Post>;
  beforeAll(async () => {
    posts = await everyPost(server.url);
  });

  it('that is empty or null is refused where a body is needed, and otherwise ignored', async () => {
    for (const body of ['', 'null', undefined]) {
      for (const [name, { address, headers }] of Object.entries(posts)) {
        if (/\/(scan|options|acknowledge)$/.test(name)) continue; // needs no body
        const response = await send(address, body, headers);
        expect(response.status, `${name}: ${body}`).toBe(name.endsWith('/redeem') ? 409 : 400);
        expectProblem(response, `${name}: ${body}`);
      }
    }
  });

  it('in an unknown field is refused, with a pointer to it', async () => {
    const fields = { accountId: '/accountId', 'a/b': '/a~1b', '~': '/~0', '': '/', toString: '/toString', '💥': '/💥' };
    for (const [name, { address, good, headers }] of Object.entries(posts)) {
      for (const [field, pointer] of Object.entries(fields)) {
        const response = await send(address, JSON.stringify({ ...good, [field]: 1 }), headers);
        expectProblem(response, name);
        const errors = [{ pointer, detail: expect.any(String) }];
        expect(response, `${name} with ${field}`).toMatchObject({
          status: 400,
          body: { code: 'invalid_request', errors },
        });
      }
      for (const [outer, value] of Object.entries(good)) {
        // what a browser says of a passkey may have further members, which are ignored
        if (typeof value !== 'object' || outer === 'assertion' || outer === 'credential') continue;
        const response = await send(address, JSON.stringify({ ...good, [outer]: { ...value, more: 1 } }), headers);
        expect(response.body.errors, name).toEqual([{ pointer: `/${outer}/more`, detail: expect.any(String) }]);
      }
    }
  });

  it('that lacks a field is refused, with a pointer to the missing field', async () => {
    const isOptional = new Set([
      'displayName',
      'name',
      'reason',
      'number',
      'refreshCookie',
      'keyThumbprint',
      'tokenType',
      'rotates',
      'code',
    ]);
    const mayLack = (name: string, field: string) =>
      isOptional.has(field) || (field === 'assertion' && name.endsWith('/confirm'));
    for (const [name, { address, good, headers }] of Object.entries(posts)) {
      for (const field of Object.keys(good).filter((each) => !mayLack(name, each))) {
        const response = await send(address, JSON.stringify({ ...good, [field]: undefined }), headers);
        expectProblem(response, name);
        expect(response.body.errors, name).toEqual([{ pointer: `/${field}`, detail: expect.any(String) }]);
      }
    }
  });

  it('in an address is named by its parameter', async () => {
    const { errors } = (await statusCall('known=x&wait=x')).body;
    expect(errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['?known', '?wait']);
  });
});

import { request } from 'node:http';
import { Auth, type Cost, costOf } from '@scan-login/nest/common';
import { RequestMethod } from '@nestjs/common';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../apps/server/src/config.js';
import { limitsOf } from '../../apps/server/src/limits/limits.js';
import { type Phone, Screen, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';

interface Route {
  method: string;
  /** As it is declared: `/v1/tickets/:uuid/scan`. */
  path: string;
  auth?: string;
  cost?: Cost;
}

let server: RunningApp;
let routes: Route[];
let phone: Phone;
let screen: Screen;
beforeAll(async () => {
  server = await startApp();
  routes = declaredRoutes();
  phone = await signedInPhone(server.url);
  screen = new Screen(server.url);
  await screen.open();
});
afterAll(async () => {
  expect(server.bell.size).toBe(0);
  await server.close();
});

/** Every controller method that serves a route. */
function declaredRoutes(): Route[] {
  const modules = [...server.app.get(ModulesContainer).values()];
  const controllers = new Set(
    modules.flatMap((module) => [...module.controllers.values()].map(({ metatype }) => metatype)),
  );
  return [...controllers].flatMap((controller) =>
    new MetadataScanner().getAllMethodNames(controller!.prototype as object).flatMap((name) => {
      const handler = (controller!.prototype as Record<string, () => unknown>)[name]!;
      const method: RequestMethod | undefined = Reflect.getMetadata('method', handler);
      if (method === undefined) return [];
      const parts = [controller!, handler].map((part) => Reflect.getMetadata('path', part) as string);
      const path = `/${parts.join('/')}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1');
      const auth = server.app.get(Reflector).get(Auth, handler);
      return { method: RequestMethod[method], path, auth, cost: costOf(handler) };
    }),
  );
}

/** Every route of Fastify, no matter who declared it: `GET /v1/account`. */
function routerAddresses(): string[] {
  const above: string[] = [];
  const tree = server.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false, includeHooks: false });
  return [...tree.matchAll(/^(.*?)[└├]── (\S*) \((.*)\)$/gmu)].flatMap(([, indent, segment, methods]) => {
    const depth = indent!.length / 4;
    above[depth] = (above[depth - 1] ?? '') + segment;
    return methods!.split(', ').map((method) => `${method} ${above[depth]!.replaceAll(/\/+/g, '/')}`);
  });
}

/** The route's address, with a ticket and a session that exist. */
function addressOf({ path }: Route): string {
  return server.url + path.replace(':uuid', screen.uuid).replace(':id', phone.tokens!.session.id);
}

const needing = (auth: string) => routes.filter((route) => route.auth === auth);
const named = ({ method, path }: Route) => `${method} ${path}`;

describe('every route', () => {
  it('declares who may call it', () => {
    expect(routes.length).toBeGreaterThan(20);
    expect(routes.filter(({ auth }) => auth === undefined).map(named)).toEqual([]);
  });

  it('has a cost, and each cost a limit: by network, and for sessions by account too', () => {
    expect(routes.filter(({ cost }) => cost === undefined).map(named)).toEqual([]);
    const { network, account } = limitsOf(readConfig({}));
    for (const route of routes.filter(({ cost }) => cost !== 'probe')) {
      expect(network[route.cost!], named(route)).toBeGreaterThan(0);
      if (route.auth === 'session') expect(account[route.cost!], named(route)).toBeGreaterThan(0);
    }
    // a refused probe would make a load balancer take the server out of service
    const probes = routes.filter(({ cost }) => cost === 'probe').map(named);
    expect(probes).toEqual(['GET /livez', 'GET /readyz']);
  });

  it('that the server answers is declared, or is a page, a script or a document', () => {
    const declared = new Set(routes.map(named));
    const others = routerAddresses().filter((address) => !address.startsWith('HEAD ') && !declared.has(address));
    expect(routerAddresses()).toEqual(expect.arrayContaining([...declared]));
    // the router prints /assets/* as /*
    for (const address of others) expect(address).toMatch(/^GET \/(docs(\/.*)?|openapi\.json|assets\/\*|\*)$/);
  });

  it('of the contract needs what the contract says', () => {
    const needs = Object.fromEntries(
      routes.filter(({ path }) => path.startsWith('/v1')).map((route) => [named(route), route.auth]),
    );
    expect(needs).toEqual({
      'POST /v1/tickets': 'public',
      'GET /v1/tickets/:uuid/qr.svg': 'public',
      'GET /v1/tickets/:uuid/qr.png': 'public',
      'GET /v1/tickets/:uuid/status': 'ticket-secret',
      'GET /v1/tickets/:uuid/events': 'ticket-secret',
      'GET /v1/tickets/:uuid/code': 'ticket-secret',
      'POST /v1/tickets/:uuid/redeem': 'ticket-secret',
      'DELETE /v1/tickets/:uuid': 'ticket-secret',
      'POST /v1/accounts': 'public',
      'POST /v1/sessions': 'public',
      'POST /v1/sessions/passkey/options': 'public',
      'POST /v1/sessions/passkey': 'public',
      'POST /v1/passkeys/options': 'session',
      'POST /v1/passkeys': 'session',
      'GET /v1/passkeys': 'session',
      'DELETE /v1/passkeys/:id': 'session',
      'POST /v1/tickets/:uuid/scan': 'session',
      'POST /v1/tickets/:uuid/confirm': 'session',
      'POST /v1/tickets/:uuid/deny': 'session',
      'GET /v1/tickets/:uuid/outcome': 'session',
      'POST /v1/sessions/refresh': 'refresh-token',
      'GET /v1/sessions': 'session',
      'DELETE /v1/sessions/:id': 'session',
      'DELETE /v1/sessions/unknown': 'session',
      'GET /v1/account/screens': 'session',
      'POST /v1/account/screens/:id/acknowledge': 'session',
      'DELETE /v1/account/screens/:id': 'session',
      'GET /v1/account/notices': 'session',
      'DELETE /v1/sessions/current': 'session',
      'GET /v1/account': 'session',
      'GET /v1/account/events': 'session',
      'POST /v1/account/password': 'session',
    });
  });

  it('for sessions refuses a call without a token before it checks anything else', async () => {
    for (const route of needing('session')) {
      for (const headers of [{}, { 'x-device-id': phone.id }, { 'x-ticket-secret': screen.secret }]) {
        const response = await call(route.method, addressOf(route), { headers });
        expect(response, named(route)).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
        expect(response.headers.get('www-authenticate'), named(route)).toMatch(/^Bearer, DPoP /);
      }
    }
    expect((await phone.account()).status).toBe(200);
  });

  it('for the screen of a ticket knows no ticket without the secret, whatever else is sent', async () => {
    const unknown = new Screen(server.url);
    for (const route of needing('ticket-secret')) {
      const missing = await call(route.method, addressOf(route));
      expect(missing, named(route)).toMatchObject({ status: 404, body: { code: 'ticket_not_found' } });
      const withToken = await phone.as(route.method, new URL(addressOf(route)).pathname, undefined);
      expect(withToken.body, named(route)).toEqual(missing.body);
      const ofNone = addressOf(route).replace(screen.uuid, unknown.id);
      const elsewhere = await call(route.method, ofNone, { headers: { 'x-ticket-secret': screen.secret } });
      expect(elsewhere.body, named(route)).toEqual(missing.body);
    }
    expect((await screen.poll('expired', { wait: 0 })).body.status).toBe('pending');
  });

  it('for a refresh token takes no other token', async () => {
    for (const route of needing('refresh-token')) {
      const response = await phone.as(route.method, route.path, { refreshToken: phone.tokens!.accessToken });
      expect(response, named(route)).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
    }
  });

  it('for everyone needs no credentials', async () => {
    for (const route of needing('public')) {
      const response = await call(route.method, addressOf(route));
      expect([200, 400], named(route)).toContain(response.status); // 400: the body is missing
    }
  });

  it('that reads changes nothing', async () => {
    const confirmed = new Screen(server.url);
    await confirmed.open();
    await phone.scan(confirmed);
    await phone.confirm(confirmed);
    const before = await everyRow();
    const reads = [...new Set(routerAddresses().filter((address) => /^(GET|HEAD) /.test(address)))];
    expect(reads.length).toBeGreaterThan(20);
    for (const read of reads) {
      const [method, path] = read.split(' ') as [string, string];
      for (const uuid of [screen.uuid, confirmed.uuid]) {
        const address = path.replace(':uuid', uuid).replace('*', 'x');
        const secret = (uuid === screen.uuid ? screen : confirmed).secret;
        // a stream or a poll may stay open: its status is enough
        const status = await statusOf(method, `${address}?known=expired&wait=0`, { 'x-ticket-secret': secret });
        expect(status, read).toBeLessThan(500);
      }
    }
    expect(await everyRow()).toEqual(before);
  });
});

describe('every response', () => {
  /** Responses of all kinds, by kind. */
  let responses: Record<string, HttpResponse>;
  let pictures: Record<string, HttpResponse>;
  beforeAll(async () => {
    const { url } = server;
    const [opened, other] = [new Screen(url), new Screen(url)];
    const someone = await signedInPhone(url);
    const signedIn = await signedInScreen(url, someone, 'tv');
    await other.open();
    const picture = (kind: string) => call('GET', `${url}/v1/tickets/${opened.uuid}/qr.${kind}`);
    responses = {
      'a ticket': await opened.open(),
      'a status': await opened.poll('expired'),
      'a held poll': await opened.poll('pending', { wait: 0 }),
      'a scan': await someone.scan(opened),
      'a confirm': await someone.confirm(opened),
      'a redeem': await opened.redeem(),
      'a cancel': await other.cancel(),
      'an account': await someone.account(),
      'a list': await someone.sessions(),
      'a refresh': await someone.refresh(),
      // of a ticket that is over, so that it ends
      'an event stream': await call('GET', `${url}/v1/tickets/${signedIn.uuid}/events`, {
        headers: { 'x-ticket-secret': signedIn.secret },
      }),
      'bad input': await call('POST', `${url}/v1/tickets`, { json: {} }),
      'no JSON': await send(`${url}/v1/tickets`, '{', 'application/json'),
      'no token': await call('GET', `${url}/v1/account`),
      'another device': await someone.as('GET', '/v1/account', undefined, { 'x-device-id': 'x' }),
      'no ticket': await call('GET', `${url}/v1/tickets/x/status`),
      'no picture': await call('GET', `${url}/v1/tickets/x/qr.svg`),
      'the wrong order': await other.redeem(),
      'no such address': await call('GET', `${url}/v1/nothing`),
      'no such method': await call('PUT', `${url}/v1/account`),
      'a body too large': await send(
        `${url}/v1/tickets`,
        JSON.stringify('x'.repeat(1024 * 1024 + 1)),
        'application/json',
      ),
      'another type of body': await send(`${url}/v1/tickets`, 'x', 'text/plain'),
      'a part too long': await call('GET', `${url}/v1/tickets/${'x'.repeat(300)}/status`),
      'an address that cannot be read': await call('GET', `${url}/v1/%ZZ`),
      'a sign-out': await someone.signOut(),
      'an ended session': await someone.account(),
    };
    pictures = { svg: await picture('svg'), png: await picture('png') };
  });

  it('of the API is not stored by any cache, except pictures', async () => {
    for (const [which, { headers }] of Object.entries(responses)) {
      expect(headers.get('cache-control'), which).toMatch(/(^|[ ,])no-store([ ,]|$)/);
    }
    const picture = await call('GET', `${server.url}/v1/tickets/${screen.uuid}/qr.svg`);
    expect(picture.status).toBe(200);
    expect(picture.headers.get('cache-control')).not.toContain('no-store');
    for (const { status, headers } of Object.values(pictures)) {
      expect(status).toBe(404); // that ticket is over
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('is of the kind that it is listed under, so that all kinds are covered', () => {
    const statuses = Object.fromEntries(Object.entries(responses).map(([which, { status }]) => [which, status]));
    expect(statuses).toEqual({
      'a ticket': 201,
      'a status': 200,
      'a held poll': 200,
      'a scan': 200,
      'a confirm': 204,
      'a redeem': 200,
      'a cancel': 204,
      'an account': 200,
      'a list': 200,
      'a refresh': 200,
      'an event stream': 200,
      'bad input': 400,
      'no JSON': 400,
      'no token': 401,
      'another device': 403,
      'no ticket': 404,
      'no picture': 404,
      'the wrong order': 409,
      'no such address': 404,
      'no such method': 404,
      'a body too large': 413,
      'another type of body': 415,
      'a part too long': 414,
      'an address that cannot be read': 400,
      'a sign-out': 204,
      'an ended session': 401,
    });
  });

  it('tells browsers not to frame it, guess its type, or send a referrer', async () => {
    const pages = [
      '/',
      `/l/${screen.uuid}`,
      '/docs',
      '/openapi.json',
      '/livez',
      '/readyz',
      '/metrics',
      '/nothing',
      '/%ZZ',
    ];
    const others = await Promise.all(pages.map(async (path) => [path, await call('GET', server.url + path)] as const));
    for (const [which, { headers }] of [...Object.entries(responses), ...Object.entries(pictures), ...others]) {
      expect(headers.get('content-security-policy'), which).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers.get('content-security-policy'), which).not.toMatch(/script-src[^;]*unsafe/);
      expect(headers.get('x-content-type-options'), which).toBe('nosniff');
      expect(headers.get('referrer-policy'), which).toBe('no-referrer');
      expect(headers.get('permissions-policy'), which).toMatch(
        /microphone=\(\).*geolocation=\(\)|geolocation=\(\).*microphone=\(\)/,
      );
      expect(headers.get('x-powered-by'), which).toBeNull();
      expect(headers.get('server'), which).toBeNull();
      expect(headers.get('access-control-allow-origin'), which).toBeNull();
    }
  });

  it('gives passkeys to the pages of the phone, and to no other', async () => {
    const features = ['publickey-credentials-create', 'publickey-credentials-get'];
    for (const feature of features) {
      for (const path of ['/phone', `/l/${screen.uuid}`])
        expect(await policyOf(path), path).toContain(`${feature}=(self)`);
      for (const path of ['/', '/docs', '/v1/account']) expect(await policyOf(path), path).toContain(`${feature}=()`);
    }
  });

  it('gives the camera to the pages of the phone, which scan with it, and to no other', async () => {
    for (const path of ['/phone', `/l/${screen.uuid}`]) expect(await policyOf(path), path).toContain('camera=(self)');
    for (const path of ['/', '/docs', '/openapi.json', '/livez', '/nothing', '/phone/nothing', '/v1/account']) {
      expect(await policyOf(path), path).toContain('camera=()');
    }
  });
});

async function policyOf(path: string): Promise<string | null> {
  return (await call('GET', server.url + path)).headers.get('permissions-policy');
}

/** Everything that a call could change, except that a session is in use. */
function everyRow(): Promise<unknown> {
  return Promise.all(
    ['accounts', 'sessions', 'tickets', 'refresh_tokens', 'passkeys', 'used_proofs'].map((table) =>
      server.db.query(`SELECT to_jsonb(t) - 'last_seen_at' - 'used_at' AS row FROM ${table} t ORDER BY 1`),
    ),
  );
}

/** The status of a call by the phone; the body is not read. */
function statusOf(method: string, path: string, headers: Record<string, string>): Promise<number> {
  const authorization = `Bearer ${phone.tokens!.accessToken}`;
  const options = { method, headers: { authorization, 'x-device-id': phone.id, ...headers } };
  return new Promise((resolve, reject) => {
    request(server.url + path, options, (response) => {
      resolve(response.statusCode!);
      response.destroy();
    })
      .on('error', reject)
      .end();
  });
}

async function send(url: string, body: string, type: string): Promise<HttpResponse> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  return { status: response.status, headers: response.headers, body: await response.json(), ms: 0 };
}

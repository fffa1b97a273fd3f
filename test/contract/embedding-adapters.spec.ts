import { RequiresSession, CurrentSession, type LiveSession } from '@scan-login/nest/device-auth';
import { Auth } from '@scan-login/nest/common';
import { describeScanLogin } from '@scan-login/nest/qr';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  SetMetadata,
  UnauthorizedException,
  VersioningType,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Phone, Screen, signedInScreen } from '../support/actors.js';
import { DeviceKey } from '../support/device-key.js';
import { call } from '../support/http.js';
import { Order, type Shop, startShop } from '../support/shop.js';

const Open = () => SetMetadata('open', true);

/** A global guard of the application, which leaves routes with an access rule of ours to our guard. */
@Injectable()
class ClosedByDefault implements CanActivate {
  private readonly reflector = new Reflector();

  canActivate(context: ExecutionContext): boolean {
    const places = [context.getHandler(), context.getClass()];
    const isOurs = this.reflector.getAllAndOverride(Auth, places) !== undefined;
    if (isOurs || this.reflector.getAllAndOverride<boolean>('open', places)) return true;
    throw new UnauthorizedException('Closed');
  }
}

@Controller('orders')
@RequiresSession()
class OrdersController {
  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  @Get()
  mine(@CurrentSession() { accountId }: LiveSession): Promise<Order[]> {
    return this.orders.findBy({ customer: accountId });
  }
}

@Controller('catalogue')
class CatalogueController {
  @Get()
  @Open()
  all() {
    return ['cable'];
  }

  @Get('prices')
  prices() {
    return [];
  }
}

const MOUNTS = {
  'at its root': { api: '', orders: '/orders', catalogue: '/catalogue', setUp: () => {} },
  'under a global prefix, with versions in its addresses': {
    api: '/api',
    orders: '/api/v2/orders',
    catalogue: '/api/v2/catalogue',
    setUp: (app: INestApplication) => {
      app.setGlobalPrefix('api');
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
    },
  },
};

const EVERYWHERE = (['Express', 'Fastify'] as const).flatMap((adapter) =>
  Object.entries(MOUNTS).map(([where, mount]) => [`on ${adapter}, ${where},`, adapter, mount] as const),
);

describe.each(EVERYWHERE)('a login in an application %s', (_where, adapter, mount) => {
  const { api, orders, catalogue } = mount;
  let shop: Shop;
  let url = '';
  let phone: Phone;
  beforeAll(async () => {
    shop = await startShop({
      adapter,
      controllers: [OrdersController, CatalogueController],
      setUp: (app) => {
        mount.setUp(app);
        app.useGlobalGuards(new ClosedByDefault());
      },
    });
    url = shop.origin + api;
    phone = new Phone(url, 'grace');
    expect((await phone.signIn()).status).toBe(201);
  });
  afterAll(async () => {
    expect(shop.bell.size).toBe(0);
    await shop.close();
  });

  it('goes from the ticket to a session, with a status call held until the phone has confirmed', async () => {
    const screen = new Screen(url);
    const opened = await screen.open();
    expect(opened.status).toBe(201);
    expect(opened.body.qrUrl).toBe(`shop-app://sign-in/${screen.uuid}`);
    const scanned = screen.poll('pending');
    await expect.poll(() => shop.bell.size).toBe(1);
    await phone.scan(screen);
    expect((await scanned).body).toMatchObject({ code: 201, account: { displayName: 'Grace Hopper' } });
    const confirmed = screen.poll('scanned');
    await expect.poll(() => shop.bell.size).toBe(1);
    await phone.confirm(screen);
    const response = await confirmed;
    expect(response.body).toMatchObject({ code: 200, status: 'confirmed' });
    expect(response.headers.get('cache-control')).toBe('no-store');
    const redeemed = await screen.redeem();
    expect(redeemed).toMatchObject({ status: 200, body: { account: { id: 'customer-7' } } });
    expect(redeemed.headers.get('cache-control')).toBe('no-store');
    expect((await screen.account()).body).toMatchObject({ id: 'customer-7' });
  });

  it('releases a held status call once the screen hangs up', async () => {
    const screen = new Screen(url);
    await screen.open();
    const hangUp = new AbortController();
    const held = screen.poll('pending', { signal: hangUp.signal }).catch((error: Error) => error.name);
    await expect.poll(() => shop.bell.size).toBe(1);
    hangUp.abort();
    expect(await held).toBe('AbortError');
    await expect.poll(() => shop.bell.size).toBe(0);
  });

  it('is told by server-sent events too', async () => {
    const screen = new Screen(url);
    await screen.open();
    const stream = await fetch(`${url}/v1/tickets/${screen.uuid}/events`, {
      headers: { 'x-ticket-secret': screen.secret },
    });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    await phone.scan(screen);
    await phone.deny(screen);
    const events = [...(await stream.text()).matchAll(/^event: (\w+)/gm)].map(([, name]) => name);
    expect(events[0]).toBe('pending');
    expect(events.at(-1)).toBe('denied');
  });

  it('names addresses that work: of the ticket, of its picture and of the public keys', async () => {
    const screen = new Screen(url);
    const { body, headers } = await screen.open();
    expect(body.qrImageUrl).toBe(`${url}/v1/tickets/${screen.uuid}/qr.svg`);
    expect(headers.get('location')).toBe(`${api}/v1/tickets/${screen.uuid}`);
    const svg = await call('GET', body.qrImageUrl);
    expect(svg).toMatchObject({ status: 200, body: expect.stringContaining('<svg') });
    expect(svg.headers.get('content-type')).toContain('image/svg+xml');
    const png = await call('GET', `${shop.origin}${headers.get('location')}/qr.png`);
    expect(png.status).toBe(200);
    expect(png.headers.get('content-type')).toBe('image/png');
    const keys = await call('GET', `${url}/.well-known/jwks.json`);
    expect(keys.body.keys[0]).toMatchObject({ alg: 'ES256' });
    expect((await screen.cancel()).status).toBe(204);
  });

  it('is refreshed by body, and by a cookie that is sent to the sessions alone', async () => {
    const screen = await signedInScreen(url, phone);
    const refreshed = await screen.refresh();
    expect(refreshed.status).toBe(200);
    expect(refreshed.headers.get('cache-control')).toBe('no-store');
    const device = { id: 'a-browser', type: 'web' };
    const json = { username: 'grace', password: PASSWORD, device, refreshCookie: true };
    const signedIn = await call('POST', `${url}/v1/sessions`, { json });
    const cookie = signedIn.headers.get('set-cookie')!;
    expect(cookie).toContain(`; Path=${api}/v1/sessions;`);
    const headers = {
      cookie: cookie.split(';')[0],
      'x-device-id': device.id,
      'sec-fetch-site': 'same-origin',
    };
    const again = await call('POST', `${url}/v1/sessions/refresh`, { headers });
    expect(again).toMatchObject({ status: 200, body: { tokenType: 'Bearer' } });
    expect(again.headers.get('set-cookie')).toContain(`; Path=${api}/v1/sessions;`);
  });

  it('is bound to a key of the device by proofs for the addresses that clients call', async () => {
    const key = await DeviceKey.make();
    const [method, address] = ['POST', `${url}/v1/sessions`];
    const device = { id: 'bound', type: 'tv' };
    const bound = await call(method, address, {
      json: { username: 'grace', password: PASSWORD, device },
      headers: { dpop: await key.proof(method, address) },
    });
    expect(bound).toMatchObject({ status: 201, body: { tokenType: 'DPoP' } });
    const { accessToken } = bound.body as { accessToken: string };
    const dpop = await key.proof('GET', shop.origin + orders, accessToken);
    const headers = { authorization: `DPoP ${accessToken}`, 'x-device-id': device.id, dpop };
    expect((await call('GET', shop.origin + orders, { headers })).body).toEqual([{ id: 1, customer: 'customer-7' }]);
    const elsewhere = { ...headers, dpop: await key.proof('GET', `${shop.origin}/elsewhere`, accessToken) };
    const refused = await call('GET', shop.origin + orders, { headers: elsewhere });
    expect(refused).toMatchObject({ status: 401, body: { code: 'proof_invalid' } });
  });

  it('protects a whole controller of the application, and leaves its other guards and routes alone', async () => {
    const token = { authorization: `Bearer ${phone.tokens!.accessToken}`, 'x-device-id': phone.id };
    const mine = await call('GET', shop.origin + orders, { headers: token });
    expect(mine.body).toEqual([{ id: 1, customer: 'customer-7' }]);
    expect(await call('GET', shop.origin + orders)).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
    expect((await call('GET', shop.origin + catalogue)).body).toEqual(['cable']);
    const closed = await call('GET', `${shop.origin}${catalogue}/prices`);
    expect(closed).toMatchObject({ status: 401, body: { message: 'Closed', statusCode: 401 } });
  });

  it('stands in the OpenAPI document of the application with its addresses, its security schemes and its problems', () => {
    const outline = new DocumentBuilder().setTitle('Shop').build();
    const document = describeScanLogin(SwaggerModule.createDocument(shop.app, outline));
    const { components, paths } = document;
    expect(Object.keys(paths)).toEqual(expect.arrayContaining([`${api}/v1/tickets`, `${api}/.well-known/jwks.json`]));
    const security = paths[orders]!.get!.security!;
    expect(security).toEqual([{ session: [] }, { boundSession: [] }]);
    const headers = paths[orders]!.get!.parameters!.map((parameter) => 'name' in parameter && parameter.name);
    expect(headers).toEqual(expect.arrayContaining(['X-Device-Id', 'DPoP']));
    const named = new Set(security.flatMap((each) => Object.keys(each)));
    expect(Object.keys(components!.securitySchemes!)).toEqual(expect.arrayContaining([...named]));
    expect(Object.keys(paths[orders]!.get!.responses)).toEqual(expect.arrayContaining(['200', '401', '403', '503']));
    const references = JSON.stringify(document).match(/(?<="#\/components\/schemas\/)[^"]+/g)!;
    expect(references).toContain('Problem');
    expect(Object.keys(components!.schemas!)).toEqual(expect.arrayContaining(references));
  });

  it("answers its own problems as RFC 9457, and leaves the application's errors to the application", async () => {
    const refused = await call('POST', `${url}/v1/tickets`, { json: { device: { id: 'x', type: 'toaster' } } });
    expect(refused).toMatchObject({
      status: 400,
      body: { type: 'urn:scan-login:problem:invalid_request', errors: [{ pointer: '/device/type' }] },
    });
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    for (const uuid of ['nothing', 'b7f1c2f6-1d9f-4c1e-9a53-0d1a6a3f8a10']) {
      const unknown = await call('GET', `${url}/v1/tickets/${uuid}/status`);
      expect(unknown).toMatchObject({ status: 404, body: { code: 'ticket_not_found' } });
    }
    expect((await phone.as('GET', '/v1/sessions')).status).toBe(200);
    const broken = await fetch(`${url}/v1/tickets`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ statusCode: 400 });
    const large = await call('POST', `${url}/v1/tickets`, { json: { device: 'x'.repeat(2 * 1024 * 1024) } });
    expect(large).toMatchObject({ status: 413, body: { statusCode: 413 } });
  });
});

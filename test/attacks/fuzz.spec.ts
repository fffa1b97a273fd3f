import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { PASSWORD, type Phone, Screen, screenAt, signedInPhone, signedInScreen } from '../support/actors.js';
import { type RunningApp, startApp, TEST_SECRET } from '../support/app.js';
import { type HttpResponse, call } from '../support/http.js';
import { addPasskey } from '../support/passkeys.js';
import { Document } from './support/document.js';
import { anyRequest, type Cast, type FromCast, type FuzzRequest } from './support/requests.js';

// Every call of openapi.json with valid and invalid parameters, headers and bodies. FUZZ_SEED replays a failed run;
// `npm run fuzz` makes many more runs.

const RUNS = inject('isLong') ? 40_000 : 3_000;
/** Runs that go on side by side, each with its own seed. */
const LANES = 8;
/** Requests after which what they have used up or ended is created again. */
const PER_CAST = 100;
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

let server: RunningApp;
let document: Document;

beforeAll(async () => {
  server = await startApp({
    POLL_HOLD: '1',
    SESSIONS_PER_DEVICE_TYPE: '0',
    // limits have their own tests; here they would give every call the same response
    ...Object.fromEntries(
      [
        'SIGN_IN_FAILURES_PER_ACCOUNT',
        'SIGN_IN_FAILURES_PER_ADDRESS',
        'SIGN_IN_FAILURES_IN_A_ROW',
        'SCANS_PER_ACCOUNT',
        'POLLS_PER_TICKET',
      ].map((limit) => [limit, '0']),
    ),
  });
  document = new Document((await call('GET', `${server.url}/openapi.json`)).body);
});
afterAll(async () => {
  await server.close();
});

/** Tickets of each status, each with its screen and the phone that deals with it. */
async function newCasts(): Promise<Cast[]> {
  const phone = await signedInPhone(server.url);
  const other = await signedInPhone(server.url, phone.username);
  const { id: passkeyId } = await addPasskey(phone);
  await signedInScreen(server.url, phone);
  const [{ id: screenId }] = (await phone.as('GET', '/v1/account/screens')).body.screens;
  const casts: Cast[] = [];
  for (const status of ['rotating', 'pending', 'scanned', 'confirmed', 'redeemed', 'denied', 'expired'] as const) {
    const screen = status === 'rotating' ? await rotatingScreen() : await screenAt(status, server, phone);
    const tokensOf = ({ tokens = phone.tokens! }: Screen | Phone) => ({
      bearer: `Bearer ${tokens.accessToken}`,
      refreshToken: tokens.refreshToken,
    });
    const ticket = { uuid: screen.uuid, ticketSecret: screen.secret, scanToken: phone.scanToken || 'none so far' };
    const ids = { sessionId: other.tokens!.session.id, screenId, passkeyId };
    const account = { username: phone.username, password: PASSWORD, ...ids };
    casts.push({ ...ticket, ...account, ...tokensOf(screen), deviceId: screen.id });
    casts.push({ ...ticket, ...account, ...tokensOf(phone), deviceId: phone.id });
  }
  return casts;
}

async function rotatingScreen(): Promise<Screen> {
  const screen = new Screen(server.url);
  screen.rotates = true;
  await screen.open();
  return screen;
}

async function send(casts: Cast[], request: FuzzRequest): Promise<HttpResponse> {
  const { names, query, headers, contentType, body } = request;
  const operation = document.operation(request.operation);
  const real = ({ what, shift }: FromCast) => casts[(request.cast + shift) % casts.length]![what];
  const fill = (text: string) =>
    text.replaceAll(/\{\{(\w+):(\d+)\}\}/g, (_, what: keyof Cast, shift: string) =>
      real({ what, shift: Number(shift) }),
    );
  const values = names.map((name) => (typeof name === 'string' ? name : real(name)));
  const path = operation.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(values.shift()!));
  const search = new URLSearchParams(query).toString();
  const given = headers.map(([name, value]) => [name, typeof value === 'string' ? value : real(value)]);
  const response = await fetch(`${server.url}${path}${search && `?${search}`}`, {
    method: operation.method,
    headers: { ...Object.fromEntries(given), ...(body !== undefined && { 'content-type': contentType }) },
    body: body === undefined ? undefined : fill(JSON.stringify(body) ?? ''),
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  const text = isStream ? await firstWords(response) : await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text, ms: 0 };
}

/** A stream may last as long as its ticket. */
async function firstWords(response: Response): Promise<string> {
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

const INSIDES =
  /node_modules|\.[jt]s:\d|\bat \w+ \(|\bSELECT\b|\bINSERT\b|FST_|\bNest|QueryFailed|argon2id|PRIVATE KEY/;

/** Expects that a response tells nothing but what was asked for: no secret, and no internals. */
function expectDiscreet(casts: Cast[], { headers, body }: HttpResponse): void {
  const told = JSON.stringify([...headers]) + (typeof body === 'string' ? body : JSON.stringify(body));
  expect(told).not.toMatch(INSIDES);
  const secrets = casts.flatMap(({ ticketSecret, scanToken, refreshToken, bearer, password }) => {
    return [ticketSecret, scanToken, refreshToken, bearer.split('.')[2]!, password, TEST_SECRET];
  });
  for (const secret of secrets) expect(told.includes(secret), 'a secret in the answer').toBe(false);
}

async function lane(seed: number, seen: Set<string>): Promise<void> {
  let casts = await newCasts();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(anyRequest(document), async (request) => {
      if ((count += 1) % PER_CAST === 0) casts = await newCasts();
      const response = await send(casts, request);
      expect(response.status, JSON.stringify(response.body)).toBeLessThan(500);
      document.expectDocumented(document.operation(request.operation), response);
      expectDiscreet(casts, response);
      seen.add(`${request.operation} ${response.status}`);
    }),
    { seed, numRuns: RUNS / LANES },
  );
}

describe('whatever is sent to any call', () => {
  it(`is answered as documented, ${RUNS} times, and never with a server error or a secret (seed ${SEED})`, async () => {
    const seen = new Set<string>();
    await Promise.all(Array.from({ length: LANES }, (_, nth) => lane(SEED + nth, seen)));

    await expect.poll(() => server.bell.size).toBe(0);

    // nearly every call was accepted at times and refused at others, so the run covered both
    const { operations } = document;
    const letIn = operations.filter(({ name }) =>
      ['200', '201', '204'].some((status) => seen.has(`${name} ${status}`)),
    );
    expect(letIn.length).toBeGreaterThan(operations.length * 0.8);
    const refused = operations.filter(({ name }) => [...seen].some((each) => each.startsWith(`${name} 4`)));
    expect(refused.length).toBeGreaterThan(operations.length * 0.8);
  }, 600_000);
});

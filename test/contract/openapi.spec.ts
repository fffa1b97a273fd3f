import { PROBLEMS, type ProblemCode } from '@scan-login/nest/common';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownVersion } from '../../apps/server/src/installation.js';
import { type RunningApp, startApp } from '../support/app.js';
import { call } from '../support/http.js';

/** The part of OpenAPI 3.1 that these tests read. */
interface Operation {
  name: string;
  operationId: string;
  summary?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean; schema?: object }[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, { description?: string; content?: Record<string, Media> }>;
}
interface Media {
  schema?: { $ref?: string };
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

let server: RunningApp;
let document: any;
let operations: Operation[];
beforeAll(async () => {
  server = await startApp();
  document = (await call('GET', `${server.url}/openapi.json`)).body;
  operations = Object.entries<Record<string, Omit<Operation, 'name'>>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      Object.assign({ name: `${method.toUpperCase()} ${path}` }, operation),
    ),
  );
});
afterAll(() => server.close());

const SESSION: ProblemCode[] = ['token_invalid', 'token_expired', 'session_ended', 'device_mismatch', 'proof_invalid'];
const BODY: ProblemCode[] = ['invalid_request', 'malformed_json', 'payload_too_large', 'unsupported_media_type'];
const MOVE: ProblemCode[] = ['ticket_not_found', 'ticket_wrong_status', 'ticket_expired'];
const DECISION: ProblemCode[] = [...SESSION, ...BODY, ...MOVE, 'ticket_not_yours', 'scan_token_invalid'];
type Need = 'session' | 'device' | 'ticketSecret' | 'refreshToken';
/** What each call is called, needs and answers, written by hand: the contract, and not what the code says of itself. */
const CONTRACT: Record<string, { id: string; needs: Need[]; answers: string; problems: ProblemCode[] }> = {
  'POST /v1/tickets': { id: 'openTicket', needs: [], answers: '201', problems: BODY },
  'GET /v1/tickets/{uuid}/qr.svg': {
    id: 'getTicketQrSvg',
    needs: [],
    answers: '200',
    problems: ['invalid_request', 'ticket_not_found'],
  },
  'GET /v1/tickets/{uuid}/qr.png': {
    id: 'getTicketQrPng',
    needs: [],
    answers: '200',
    problems: ['invalid_request', 'ticket_not_found'],
  },
  'GET /v1/tickets/{uuid}/status': {
    id: 'getTicketStatus',
    needs: ['ticketSecret'],
    answers: '200',
    problems: ['invalid_request', 'ticket_not_found'],
  },
  'GET /v1/tickets/{uuid}/events': {
    id: 'streamTicketEvents',
    needs: ['ticketSecret'],
    answers: '200',
    problems: ['ticket_not_found'],
  },
  'GET /v1/tickets/{uuid}/code': { id: 'getTicketCode', needs: ['ticketSecret'], answers: '200', problems: MOVE },
  'POST /v1/tickets/{uuid}/redeem': {
    id: 'redeemTicket',
    needs: ['ticketSecret', 'device'],
    answers: '200',
    problems: [...BODY, ...MOVE, 'device_mismatch', 'session_limit_reached', 'proof_invalid'],
  },
  'DELETE /v1/tickets/{uuid}': { id: 'cancelTicket', needs: ['ticketSecret'], answers: '204', problems: MOVE },
  'POST /v1/accounts': {
    id: 'createAccount',
    needs: [],
    answers: '201',
    problems: [...BODY, 'username_taken', 'busy'],
  },
  'POST /v1/sessions': {
    id: 'signIn',
    needs: [],
    answers: '201',
    problems: [...BODY, 'invalid_credentials', 'session_limit_reached', 'busy', 'proof_invalid'],
  },
  'POST /v1/tickets/{uuid}/scan': {
    id: 'scanTicket',
    needs: ['session', 'device'],
    answers: '200',
    problems: [
      ...SESSION,
      ...BODY,
      ...MOVE,
      'device_not_allowed',
      'ticket_already_scanned',
      'account_unavailable',
      'code_outdated',
    ],
  },
  'POST /v1/tickets/{uuid}/confirm': {
    id: 'confirmTicket',
    needs: ['session', 'device'],
    answers: '204',
    problems: [...DECISION, 'number_wrong', 'verification_required', 'verification_failed'],
  },
  'POST /v1/tickets/{uuid}/deny': {
    id: 'denyTicket',
    needs: ['session', 'device'],
    answers: '204',
    problems: DECISION,
  },
  'GET /v1/tickets/{uuid}/outcome': {
    id: 'getTicketOutcome',
    needs: ['session', 'device'],
    answers: '200',
    problems: [...SESSION, 'invalid_request', 'ticket_not_found'],
  },
  'POST /v1/sessions/passkey/options': { id: 'getPasskeySignInOptions', needs: [], answers: '200', problems: [] },
  'POST /v1/sessions/passkey': {
    id: 'signInWithPasskey',
    needs: [],
    answers: '201',
    problems: [...BODY, 'invalid_credentials', 'session_limit_reached', 'too_many_attempts', 'proof_invalid'],
  },
  'POST /v1/passkeys/options': {
    id: 'getPasskeyOptions',
    needs: ['session', 'device'],
    answers: '200',
    problems: [...SESSION, 'companion_session', 'device_not_allowed', 'account_unavailable'],
  },
  'POST /v1/passkeys': {
    id: 'addPasskey',
    needs: ['session', 'device'],
    answers: '201',
    problems: [...SESSION, ...BODY, 'companion_session', 'device_not_allowed', 'passkey_limit_reached'],
  },
  'GET /v1/passkeys': {
    id: 'listPasskeys',
    needs: ['session', 'device'],
    answers: '200',
    problems: [...SESSION, 'companion_session'],
  },
  'DELETE /v1/passkeys/{id}': {
    id: 'removePasskey',
    needs: ['session', 'device'],
    answers: '204',
    problems: [...SESSION, 'companion_session', 'passkey_not_found'],
  },
  'POST /v1/sessions/refresh': {
    id: 'refreshTokens',
    needs: ['device', 'refreshToken'],
    answers: '200',
    problems: [
      ...BODY,
      'token_invalid',
      'session_ended',
      'device_mismatch',
      'account_unavailable',
      'cross_site_refused',
      'proof_invalid',
    ],
  },
  'GET /v1/sessions': { id: 'listSessions', needs: ['session', 'device'], answers: '200', problems: SESSION },
  'DELETE /v1/sessions/{id}': {
    id: 'endSession',
    needs: ['session', 'device'],
    answers: '204',
    problems: [...SESSION, 'session_not_found'],
  },
  'DELETE /v1/sessions/unknown': {
    id: 'endUnknownSessions',
    needs: ['session', 'device'],
    answers: '204',
    problems: SESSION,
  },
  'GET /v1/account/screens': { id: 'listScreens', needs: ['session', 'device'], answers: '200', problems: SESSION },
  'POST /v1/account/screens/{id}/acknowledge': {
    id: 'acknowledgeScreen',
    needs: ['session', 'device'],
    answers: '204',
    problems: [...SESSION, 'screen_not_found'],
  },
  'DELETE /v1/account/screens/{id}': {
    id: 'forgetScreen',
    needs: ['session', 'device'],
    answers: '204',
    problems: [...SESSION, 'screen_not_found'],
  },
  'GET /v1/account/notices': { id: 'accountNotices', needs: ['session', 'device'], answers: '200', problems: SESSION },
  'DELETE /v1/sessions/current': { id: 'signOut', needs: ['session', 'device'], answers: '204', problems: SESSION },
  'GET /v1/account': {
    id: 'getAccount',
    needs: ['session', 'device'],
    answers: '200',
    problems: [...SESSION, 'account_unavailable'],
  },
  'GET /v1/account/events': {
    id: 'listAccountEvents',
    needs: ['session', 'device'],
    answers: '200',
    problems: [...SESSION, 'invalid_request'],
  },
  'POST /v1/account/password': {
    id: 'changePassword',
    needs: ['session', 'device'],
    answers: '204',
    problems: [...SESSION, ...BODY, 'invalid_credentials', 'busy'],
  },
  'GET /.well-known/jwks.json': { id: 'getJwks', needs: [], answers: '200', problems: [] },
};

/** The credentials of a call, as alternatives. The refresh token is in the body, or in the cookie. */
function securityOf(needs: Need[]): Record<string, never[]>[] {
  if (needs.includes('session')) return [{ session: [] }, { boundSession: [] }];
  return needs.includes('ticketSecret') ? [{ ticketSecret: [] }] : [];
}

/** The headers of a call that are no `Authorization`, which OpenAPI ignores as parameters; `?` for an optional one. */
function headersOf({ needs, problems }: (typeof CONTRACT)[string]): string[] {
  return [
    ...(needs.includes('ticketSecret') ? ['X-Ticket-Secret'] : []),
    ...(needs.includes('device') || needs.includes('session') ? ['X-Device-Id'] : []),
    ...(problems.includes('proof_invalid') ? ['DPoP?'] : []),
  ].toSorted();
}

const problemsOf = ({ responses }: Operation) =>
  Object.entries(responses).flatMap(([status, { content }]) =>
    Object.entries(content?.['application/problem+json']?.examples ?? {}).map(([code, { value }]) => ({
      status,
      code: code as ProblemCode,
      value,
    })),
  );

/** The object schemas in a part of the document that are written out, not referred to: their properties. */
function objectsIn(part: unknown): unknown[] {
  if (typeof part !== 'object' || part === null) return [];
  const { type, properties, required } = part as Record<string, unknown>;
  const own = [type].flat().includes('object') && properties ? [{ properties, required }] : [];
  return [...own, ...Object.values(part).flatMap(objectsIn)];
}

describe('openapi.json', () => {
  it('is OpenAPI 3.1, according to an independent validator', async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it('has every call of the contract and no other: no pages, no operations, no documents', () => {
    expect(operations.map(({ name }) => name).sort()).toEqual(Object.keys(CONTRACT).sort());
  });

  it('has no dangling reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target!);
    expect(references.length).toBeGreaterThan(20);
    for (const target of new Set(references)) {
      expect(target).toMatch(/^#\/components\/schemas\/\w+$/);
      expect(document.components.schemas, target).toHaveProperty(target.split('/').at(-1)!);
    }
  });

  it('has the version of the published package, and the server that it came from', () => {
    expect(document.info.version).toBe(ownVersion());
    expect(document.servers).toEqual([{ url: '/', description: expect.any(String) as string }]);
  });

  it('names the schema of each request and response, and describes no object twice', () => {
    const { Device, Screen, AccountSummary, Session, ScanResult, Tokens } = document.components.schemas;
    expect([Session.properties.device, ScanResult.properties.screen, Tokens.properties.account]).toEqual(
      ['Device', 'Screen', 'AccountSummary'].map((name) => ({ $ref: `#/components/schemas/${name}` })),
    );
    expect([Device, Screen, AccountSummary].map(({ type }) => type)).toEqual(['object', 'object', 'object']);
    expect(objectsIn(document.paths)).toEqual([]);
    const objects = objectsIn(document.components.schemas).map((object) => JSON.stringify(object));
    expect(objects.filter((object, index) => objects.indexOf(object) !== index)).toEqual([]);
  });

  it('has no unused schema, and no name that a tool made up', () => {
    const text = JSON.stringify(document);
    for (const name of Object.keys(document.components.schemas)) {
      expect(text).toContain(`"#/components/schemas/${name}"`);
      expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
      expect(name).not.toMatch(/Dto|__schema|\d/);
    }
  });
});

describe('every operation', () => {
  it('says in a few words what it does, and has a tag', () => {
    const tags = document.tags.map(({ name }: { name: string }) => name);
    for (const { name, summary, tags: own } of operations) {
      expect(summary, name).toMatch(/^[A-Z].{3,60}$/);
      expect(own, name).toHaveLength(1);
      expect(tags, name).toContain(own![0]);
    }
    expect(new Set(operations.map(({ summary }) => summary)).size).toBe(operations.length);
  });

  it('has a name that says all without its path or tag, because a client has all of them side by side', () => {
    for (const { name, operationId } of operations) expect(operationId, name).toBe(CONTRACT[name]!.id);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('declares its credentials: a session, the secret of the ticket, or expressly none', () => {
    for (const { name, security } of operations) expect(security, name).toEqual(securityOf(CONTRACT[name]!.needs));
    expect(document.components.securitySchemes).toEqual({
      session: expect.objectContaining({ type: 'http', scheme: 'bearer' }) as object,
      boundSession: expect.objectContaining({ type: 'http', scheme: 'dpop' }) as object,
      ticketSecret: expect.objectContaining({ type: 'apiKey', in: 'header', name: 'X-Ticket-Secret' }) as object,
    });
  });

  it('declares its headers as parameters, which a generated client passes with each call', () => {
    for (const { name, parameters = [] } of operations) {
      const headers = parameters.filter((each) => each.in === 'header');
      expect(headers.map((each) => (each.required ? each.name : `${each.name}?`)).toSorted(), name).toEqual(
        headersOf(CONTRACT[name]!),
      );
      for (const { schema } of headers) expect(schema, name).toMatchObject({ type: 'string' });
    }
  });

  it('declares each part of its address, and the one response that is no error', () => {
    for (const { name, parameters = [], responses } of operations) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, each]) => each);
      expect(
        parameters.filter((parameter) => parameter.in === 'path').map((each) => each.name),
        name,
      ).toEqual(inPath);
      expect(
        Object.keys(responses).filter((status) => status < '400'),
        name,
      ).toEqual([CONTRACT[name]!.answers]);
      const { content, description } = responses[CONTRACT[name]!.answers]!;
      expect(description, name).toMatch(/./);
      if (CONTRACT[name]!.answers === '204') expect(content, name).toBeUndefined();
      else expect(Object.values(content!)[0]!.schema, name).toBeDefined();
    }
  });

  it('has an example of its body, and says when the body is optional', () => {
    const mayLackOne = /\/(refresh|redeem|scan|acknowledge|options)$/;
    for (const { name, requestBody } of operations) {
      if (!name.startsWith('POST')) {
        expect(requestBody, name).toBeUndefined();
        continue;
      }
      expect(requestBody!.required ?? false, name).toBe(!mayLackOne.test(name));
      expect(Object.keys(requestBody!.content), name).toEqual(['application/json']);
      const { schema, ...media } = requestBody!.content['application/json']!;
      const named = document.components.schemas[schema!.$ref!.split('/').at(-1)!];
      expect(media.example ?? media.examples ?? named.example ?? named.examples, name).toBeDefined();
    }
  });

  it('lists every error that the contract has for it', () => {
    for (const operation of operations) {
      const listed = new Set(problemsOf(operation).map(({ code }) => code));
      const missing = CONTRACT[operation.name]!.problems.filter((code) => !listed.has(code));
      expect(missing, operation.name).toEqual([]);
    }
  });

  it('lists that the server may be unavailable, which any call can meet', () => {
    const silent = operations.filter((operation) => !problemsOf(operation).some(({ code }) => code === 'unavailable'));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('has for each of its errors a valid example', () => {
    for (const operation of operations) {
      const { name, responses } = operation;
      for (const [status, { content, description }] of Object.entries(responses)) {
        if (status < '400') continue;
        expect(Object.keys(content!), name).toEqual(['application/problem+json']);
        expect(content!['application/problem+json']!.schema, name).toEqual({ $ref: '#/components/schemas/Problem' });
        expect(description, name).toMatch(/`\w+`/);
      }
      for (const { status, code, value } of problemsOf(operation)) {
        expect(value, `${name} ${code}`).toMatchObject({
          type: `urn:scan-login:problem:${code}`,
          ...PROBLEMS[code],
          code,
        });
        expect(String(PROBLEMS[code].status), `${name} ${code}`).toBe(status);
      }
    }
  });
});

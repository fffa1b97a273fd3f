import fc, { type Arbitrary } from 'fast-check';
import type { Document, Schema } from './document.js';

/** Real values that belong together: one device, the ticket it deals with, and all of their secrets. */
export interface Cast {
  uuid: string;
  deviceId: string;
  /** As in the header. */
  bearer: string;
  ticketSecret: string;
  scanToken: string;
  refreshToken: string;
  username: string;
  password: string;
  /** Of another session of the account. */
  sessionId: string;
  /** Of a screen that the account knows. */
  screenId: string;
  passkeyId: string;
}

/**
 * Where a value is taken from when the request is sent: from its own cast, or from the one `shift` places further on.
 */
export interface FromCast {
  what: keyof Cast;
  shift: number;
}

export interface FuzzRequest {
  /** Its name in the document. */
  operation: string;
  /** Index of the cast that sends it. */
  cast: number;
  /** One for each `{name}` of the path. */
  names: (string | FromCast)[];
  query: [string, string][];
  headers: [string, string | FromCast][];
  contentType: string;
  body: unknown;
}

/** A placeholder, so that bodies stay plain JSON: the sender inserts the value. */
const placeholder = ({ what, shift }: FromCast) => `{{${what}:${shift}}}`;

const nastyText = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '\u202e', "' OR 1=1 --", '<script>alert(1)</script>', '../..', '${7*7}'),
  fc.constantFrom('constructor', 'toString', 'null', 'true', '0', '-1', '1e309', 'NaN', 'x'.repeat(300), '💥'),
);
const nastyValue: Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 2 }),
  fc.maxSafeInteger(),
  fc.double(),
);
/** What a header may hold: fetch refuses the rest. */
const headerText = fc.oneof(
  fc.string({ maxLength: 30 }).map((text) => text.trim()),
  fc.string({ unit: fc.integer({ min: 0xa1, max: 0xff }).map((code) => String.fromCodePoint(code)), maxLength: 8 }),
  fc.constantFrom('Bearer', 'Bearer x.y.z', 'x'.repeat(2000), 'null', '*', "' OR 1=1 --"),
);
const fromCast = (what: keyof Cast) =>
  fc.record({
    what: fc.constant(what),
    shift: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(20) }),
  });

/** Fields that a cast has real values for. */
const REAL: Record<string, keyof Cast> = {
  scanToken: 'scanToken',
  refreshToken: 'refreshToken',
  username: 'username',
  password: 'password',
  current: 'password',
  id: 'deviceId',
};

function valueOf(document: Document, schema: Schema, field = ''): Arbitrary<unknown> {
  const { properties, required = [], anyOf, type, ...rest } = document.resolved(schema);
  if (properties) {
    const fields = Object.entries(properties).map(([name, inner]) => [name, valueOf(document, inner, name)]);
    return fc.record(Object.fromEntries(fields) as Record<string, Arbitrary<unknown>>, { requiredKeys: required });
  }
  if (anyOf) return fc.oneof(...anyOf.map((choice) => valueOf(document, choice)));
  if (rest.enum) return fc.constantFrom(...rest.enum);
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer') return fc.oneof(fc.integer({ min: 10, max: 99 }), fc.maxSafeInteger());
  if (rest.pattern) return fc.stringMatching(new RegExp(rest.pattern));
  const real = REAL[field];
  if (real)
    return fc.oneof({ weight: 4, arbitrary: fromCast(real).map(placeholder) }, { weight: 1, arbitrary: nastyText });
  return fc.oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 70 }), nastyText);
}

/** A good body with one part broken, or broken as a whole. */
function broken(good: Arbitrary<unknown>): Arbitrary<unknown> {
  return fc.oneof(
    nastyValue,
    fc.tuple(good, fc.nat(10), nastyValue).map(([body, nth, bad]) => {
      const entries = Object.entries(body as object);
      if (entries.length > 0) entries[nth % entries.length]![1] = bad;
      return Object.fromEntries(entries);
    }),
    fc.tuple(good, nastyText, nastyValue).map(([body, name, bad]) => {
      return Object.fromEntries([...Object.entries(body as object), [name, bad]]);
    }),
    fc.tuple(good, fc.nat(10)).map(([body, nth]) => {
      const entries = Object.entries(body as object);
      return Object.fromEntries(entries.filter((_, at) => at !== nth % Math.max(1, entries.length)));
    }),
  );
}

const header = (name: string, what: keyof Cast): Arbitrary<[string, string | FromCast][]> =>
  fc.oneof(
    { weight: 12, arbitrary: fromCast(what).map((value): [string, FromCast][] => [[name, value]]) },
    { weight: 1, arbitrary: fc.constant<[string, string][]>([]) },
    { weight: 1, arbitrary: headerText.map((value): [string, string][] => [[name, value]]) },
  );

/** Path parameters: a router removes empty ones and dots, and would match another operation. */
const pathName = nastyText.filter((text) => text.isWellFormed() && !/^\.*$/.test(text) && text.length <= 200);

/** What `{id}` stands for. */
function idIn(path: string): keyof Cast {
  if (path.startsWith('/v1/account/screens')) return 'screenId';
  return path.startsWith('/v1/passkeys') ? 'passkeyId' : 'sessionId';
}

/** Any call of the document, valid or invalid in any of its parts. */
export function anyRequest(document: Document): Arbitrary<FuzzRequest> {
  return fc.constantFrom(...document.operations).chain((operation) => {
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) =>
      fc.oneof(
        { weight: 5, arbitrary: fromCast(name === 'uuid' ? 'uuid' : idIn(operation.path)) },
        { weight: 1, arbitrary: pathName },
        { weight: 1, arbitrary: fc.uuid() },
      ),
    );
    const query = operation.query.map(({ name, schema }) =>
      fc.oneof(valueOf(document, schema).map(String), nastyText).map((value): [string, string] => [name, value]),
    );
    const good = operation.body && valueOf(document, operation.body);
    const types = ['text/plain', 'application/json; charset=utf-16', 'application/x-www-form-urlencoded', ''];
    return fc.record({
      operation: fc.constant(operation.name),
      cast: fc.nat(1000),
      names: fc.tuple(...names),
      query: fc.oneof(
        fc.subarray(query.map((_, at) => at)).chain((chosen) => fc.tuple(...chosen.map((at) => query[at]!))),
        fc.array(fc.tuple(nastyText, nastyText), { maxLength: 2 }),
      ),
      headers: fc
        .tuple(
          header('authorization', 'bearer'),
          header('x-device-id', 'deviceId'),
          header('x-ticket-secret', 'ticketSecret'),
        )
        .map((all) => all.flat()),
      contentType: fc.oneof(
        { weight: 15, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: fc.constantFrom(...types) },
      ),
      body: good
        ? fc.oneof({ weight: 4, arbitrary: good }, { weight: 2, arbitrary: broken(good) }, fc.constant(undefined))
        : fc.constant(undefined),
    });
  });
}

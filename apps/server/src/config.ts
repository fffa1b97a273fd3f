import { isIP } from 'node:net';
import { ConfigurationError, isSchemaName, readEnvironment, type VariableMeta } from '@scan-login/nest/common';
import { DeviceAuthOptions } from '@scan-login/nest/device-auth';
import { PasskeysOptions } from '@scan-login/nest/passkeys';
import { QrOptions } from '@scan-login/nest/qr';
import { TokenOptions } from '@scan-login/nest/token';
import { z } from 'zod';
import type { DatabaseUse } from './database/data-source-options.js';
import { DEFAULT_DATA_DIR } from './installation.js';
import { askFor, type Misspelled, misspelledIn } from './misspelled.js';

/** One variable: its schema, with the description and example used in the documentation and in error messages. */
function variable<Schema extends z.ZodType>(schema: Schema, description: string, example: string): Schema {
  return schema.meta({ description, example } satisfies VariableMeta);
}

function wholeNumber(fallback: number, [least, most]: [number, number], description: string) {
  const message = `Must be a whole number from ${least} to ${most}`;
  const schema = z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message)
    .default(fallback);
  return variable(schema, description, String(fallback));
}

/** A variable that sets an option of a lib. Description, default and bounds come from the lib's schema. */
function ofNumber(option: z.ZodDefault<z.ZodInt>) {
  const { minValue, maxValue } = option.unwrap();
  return wholeNumber(option.parse(undefined), [minValue!, maxValue!], option.description!);
}

function ofChoice<Choice extends z.ZodDefault<z.ZodEnum>>(option: Choice, example: string): Choice {
  return variable(option, option.description!, example);
}

/**
 * Wider networks get multiples of the limit. Loopback is limited in production only. With the defaults, one address can
 * use only a few percent of an instance's processor (`npm run bench -- --only neighbours`).
 */
const perMinute = (fallback: number, what: string) =>
  wholeNumber(fallback, [0, 1_000_000], `${what} from one address (IPv6: one /64) in a minute; 0 for no limit`);

function listOf(isMember: (text: string) => boolean, message: string) {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .refine((parts) => parts.every(isMember), message)
    .default([]);
}

function isUrl(text: string, ...protocols: string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

function isOrigin(text: string): boolean {
  return isUrl(text, 'http:', 'https:') && new URL(text).origin === text;
}

function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address, bits, ...rest] = text.split('/');
  const most = isIP(address!) === 4 ? 32 : 128;
  return (
    rest.length === 0 && isIP(address!) !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most))
  );
}

/** Estimates whether a secret is hard to guess. Entropy cannot be measured, so length and variety stand in for it. */
export function isStrong(secret: string): boolean {
  const repeatsItself = /^(.{1,16}?)\1+.{0,15}$/.test(secret);
  return secret.length >= 32 && new Set(secret).size >= 10 && !repeatsItself && !/change.?me|example/i.test(secret);
}

function isWholeOrigin(text: string): boolean {
  const { pathname, search, hash, username, password } = new URL(text);
  return /^\/+$/.test(pathname) && !search && !hash && !username && !password;
}

/** Pages, cookies and the proofs of keys are made for a whole origin: the server cannot share one with others. */
const publicUrl = z
  .string()
  .refine((text) => isUrl(text, 'http:', 'https:'), { error: 'Must be an http or https URL', abort: true })
  .refine(
    isWholeOrigin,
    'Must not have a path or anything else after the host: give the server a host name or a port of its own',
  )
  .transform((text) => new URL(text).origin);

const databaseUrl = z
  .string()
  .refine((text) => isUrl(text, 'postgres:', 'postgresql:'), 'Must be the URL of a PostgreSQL database');

const variables = {
  NODE_ENV: variable(
    z.enum(['development', 'test', 'production']).default('development'),
    '`production` refuses the embedded database, the demo account and a weak `APP_SECRET`',
    'production',
  ),
  HOST: variable(z.string().default('0.0.0.0'), 'Address to listen on', '0.0.0.0'),
  PORT: wholeNumber(3000, [0, 65_535], 'Port to listen on; 0 for any that is free'),
  PUBLIC_URL: variable(
    publicUrl.optional(),
    "Where phones and screens reach the server; QR codes contain it. A host of its own, without a path. Unset: the machine's address in the local network, but in production it must be set",
    'https://login.example.org',
  ),
  DATABASE_URL: variable(
    databaseUrl.optional(),
    'PostgreSQL 14 or newer. Unset: an embedded PostgreSQL in `DATA_DIR`',
    'postgres://scan_login:password@localhost:5432/scan_login',
  ),
  DATABASE_LISTEN_URL: variable(
    databaseUrl.optional(),
    'The same database, bypassing a pooler in transaction mode, through which LISTEN does not work. Unset: `DATABASE_URL`',
    'postgres://scan_login:password@localhost:5432/scan_login',
  ),
  DATABASE_SCHEMA: variable(
    z
      .string()
      .refine(isSchemaName, 'Must be lower-case letters, digits and underscores, at most 63, and not begin with pg_')
      .default('scan_login'),
    'Schema of all tables, the same in every instance. The first start creates it, for which the role needs the right to create schemas in the database, and moves tables of earlier releases into it',
    'scan_login',
  ),
  DATABASE_POOL: wholeNumber(10, [1, 200], 'Maximum number of database connections'),
  DATABASE_PREPARE: variable(
    z.enum(['on', 'off']).default('on'),
    'Prepares each statement once per connection, and sends small concurrent reads together. Set `off` behind a pooler in transaction mode that does not support prepared statements (PgBouncer before 1.21) or pipelined statements',
    'off',
  ),
  DATA_DIR: variable(
    z.string().default(DEFAULT_DATA_DIR),
    'Where the embedded PostgreSQL, its secret and the demo account are kept. Unset: `.data` in a clone, or a directory of the user when scan-login was installed by npm (`scan-login --help` shows it)',
    '/var/lib/scan-login',
  ),
  APP_SECRET: variable(
    z.string().min(32, 'Must have at least 32 characters').optional(),
    'Protects signing keys at rest and the messages between instances. At least 32 characters, the same in every instance. Unset: one is generated and kept in `DATA_DIR`',
    '$(openssl rand -base64 33)',
  ),
  APP_SECRET_PREVIOUS: variable(
    z.string().optional(),
    'The previous `APP_SECRET`, for the first start with a new one. Signing keys are sealed again under the new secret, and messages from instances that still use the old one are accepted',
    'the old APP_SECRET',
  ),
  KEY_ROTATE_DAYS: wholeNumber(90, [1, 3650], 'Age at which the key that signs access tokens is replaced, in days'),
  TRUST_PROXY: variable(
    listOf(isNetwork, 'Must be a list of addresses, networks in CIDR form, or loopback, linklocal, uniquelocal'),
    'Proxies whose `X-Forwarded-*` headers are trusted. List only proxies: a client with an address in the list could claim any other address, and shares the small limit of clients whose address is unknown. Unset: none',
    '192.0.2.10,loopback',
  ),
  CORS_ORIGINS: variable(
    listOf(isOrigin, 'Must be a list of origins, such as https://app.example.org, without a path'),
    'Origins of other pages that may call the API from a browser. Unset: none',
    'https://app.example.org',
  ),
  PASSKEY_ORIGINS: variable(
    listOf(
      (text) => PasskeysOptions.safeParse({ origins: [text] }).success,
      'Must be a list of origins, such as https://app.example.org, or android:apk-key-hash:…',
    ),
    'Further origins at which passkeys of `PUBLIC_URL` may be used: other pages of its domain, and Android apps. Unset: none',
    'https://app.example.org,android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck',
  ),
  GEOIP_DATABASE: variable(
    z.string().optional(),
    "A file with the places of addresses in MaxMind's format (.mmdb), by city or by country. With it, a phone is shown where a screen is, and a known screen in another place is a reason to ask for more. When the file is replaced, the new one is used within seconds. Unset: places are not known",
    '/var/lib/scan-login/GeoLite2-City.mmdb',
  ),
  REDIS_URL: variable(
    z
      .string()
      .refine((text) => isUrl(text, 'redis:', 'rediss:'), 'Must be the URL of a Redis')
      .optional(),
    'Redis 7 or newer, through which instances notify each other of changes. Unset: they use `DATABASE_URL`',
    'redis://localhost:6379',
  ),
  LOG_LEVEL: variable(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'Lowest level that is logged',
    'info',
  ),
  API_DOCS: variable(z.enum(['on', 'off']).optional(), 'Swagger UI at `/docs`. Unset: on, but off in production', 'on'),
  TOKEN_ISSUER: variable(
    z.string().min(1).max(256).optional(),
    '`iss` and `aud` of access tokens. Unset: `PUBLIC_URL` if that is set, else `scan-login`',
    'https://login.example.org',
  ),
  AUDIT_DAYS: wholeNumber(365, [1, 3650], 'How many days audit events are kept'),
  AUDIT_TICKET_DAYS: wholeNumber(
    7,
    [0, 3650],
    'The same for events of opened tickets, which are many and have no account; 0 keeps them in the log only',
  ),
  POLL_HOLD: ofNumber(QrOptions.shape.hold),
  REREAD_EVERY: ofNumber(QrOptions.shape.rereadEvery),
  TICKET_LIFE: ofNumber(QrOptions.shape.ticketLife),
  TICKET_DECIDE_WITHIN: ofNumber(QrOptions.shape.decideWithin),
  TICKET_DECIDE_UNTIL: ofNumber(QrOptions.shape.decideUntil),
  TICKET_REDEEM_WITHIN: ofNumber(QrOptions.shape.redeemWithin),
  TICKET_REDEEM_REPEAT: ofNumber(QrOptions.shape.redeemRepeat),
  CODE_ROTATES: ofNumber(QrOptions.shape.codeRotates),
  CODE_OVERLAP: ofNumber(QrOptions.shape.codeOverlap),
  CONFIRM_CHALLENGE: ofChoice(QrOptions.shape.confirmChallenge, 'number'),
  CONFIRM_VERIFY: ofChoice(QrOptions.shape.confirmVerify, 'auto'),
  ACCESS_TOKEN_LIFE: ofNumber(TokenOptions.in.shape.accessTokenLife),
  REFRESH_GRACE: ofNumber(TokenOptions.in.shape.refreshGrace),
  SCREEN_SESSION_IDLE: ofNumber(DeviceAuthOptions.shape.screenSessionIdle),
  SCREEN_SESSION_MAX: ofNumber(DeviceAuthOptions.shape.screenSessionMax),
  PHONE_SESSION_IDLE: ofNumber(DeviceAuthOptions.shape.phoneSessionIdle),
  PHONE_SESSION_MAX: ofNumber(DeviceAuthOptions.shape.phoneSessionMax),
  SESSIONS_PER_DEVICE_TYPE: ofNumber(DeviceAuthOptions.shape.sessionsPerDeviceType),
  SESSION_LIMIT_POLICY: ofChoice(DeviceAuthOptions.shape.sessionLimitPolicy, 'refuse'),
  SIGN_IN_FAILURES_PER_ACCOUNT: ofNumber(DeviceAuthOptions.shape.failuresPerAccount),
  SIGN_IN_FAILURES_PER_ADDRESS: ofNumber(DeviceAuthOptions.shape.failuresPerAddress),
  SIGN_IN_FAILURES_IN_A_ROW: ofNumber(DeviceAuthOptions.shape.failuresInARow),
  TICKETS_PER_MINUTE: perMinute(600, 'Tickets opened'),
  POLLS_PER_MINUTE: perMinute(6000, 'Status calls'),
  STREAMS_PER_MINUTE: perMinute(600, 'Event streams begun'),
  PICTURES_PER_MINUTE: perMinute(1200, 'Pictures of QR codes'),
  SCANS_PER_MINUTE: perMinute(600, 'Scans, and as many decisions, redeems and refreshes together,'),
  SCANS_PER_ACCOUNT: wholeNumber(
    60,
    [0, 1_000_000],
    'Scans of one account in a minute, and as many decisions; also refreshes of one session in a minute. A session that began by a scan is counted separately; 0 for no limit',
  ),
  POLLS_PER_TICKET: wholeNumber(
    120,
    [0, 1_000_000],
    'Status calls from one address on one ticket in a minute, and as many event streams and pictures; 0 for no limit',
  ),
  POLLS_HELD_PER_ADDRESS: wholeNumber(
    1000,
    [0, 1_000_000],
    'Status calls and event streams that one address (IPv6: one /64) may hold open at one instance; 0 for no limit',
  ),
  SIGN_INS_PER_MINUTE: perMinute(120, 'Sign-ins'),
  PASSWORD_CHANGES_PER_ACCOUNT: wholeNumber(
    10,
    [0, 1_000_000],
    'Password changes of one account in a minute, successful or not; a session that began by a scan is counted separately; 0 for no limit',
  ),
  ACCOUNTS_PER_MINUTE: perMinute(60, 'Accounts made'),
  CALLS_PER_MINUTE: perMinute(
    3000,
    'Calls of sessions about their accounts: profile, events, sessions listed or ended,',
  ),
  CALLS_PER_ACCOUNT: wholeNumber(
    600,
    [0, 1_000_000],
    'The same for one account in a minute, and as many calls of a phone that waits for its screen; a session that began by a scan is counted separately; 0 for no limit',
  ),
  PAGES_PER_MINUTE: perMinute(3000, 'Pages, their scripts, the OpenAPI document and public keys'),
  METRICS_PER_MINUTE: perMinute(120, 'Readings of `/metrics`'),
};

export const Environment = z.object(variables);

/** In production there is no default for values that others could know, or whose loss would matter. */
const ProductionEnvironment = z.object({
  ...variables,
  DATABASE_URL: variable(
    z.string('Must be set in production: the embedded database is for trying things out').pipe(databaseUrl),
    '',
    variables.DATABASE_URL.meta()!['example'] as string,
  ),
  PUBLIC_URL: variable(
    z
      .string('Must be set in production: QR codes contain it, and a guess would lead phones to the wrong place')
      .pipe(publicUrl),
    '',
    variables.PUBLIC_URL.meta()!['example'] as string,
  ),
  APP_SECRET: variable(
    z
      .string('Must be set in production')
      .refine(isStrong, 'Is too weak: use at least 32 random characters, not an example'),
    '',
    variables.APP_SECRET.meta()!['example'] as string,
  ),
});

export type Config = Omit<
  z.infer<typeof Environment>,
  'API_DOCS' | 'TOKEN_ISSUER' | 'DATABASE_POOL' | 'DATABASE_PREPARE' | 'DATABASE_SCHEMA'
> & {
  isProduction: boolean;
  /** Started by `npm start` or `npx`: the server stops when npm does. */
  isUnderNpm: boolean;
  apiDocs: boolean;
  tokenIssuer: string;
  databaseUse: DatabaseUse;
  /** Variables that are ignored, and are probably meant for the server. */
  misspelled: Misspelled[];
};

/**
 * Reads the whole configuration. No other code reads the environment.
 * @throws ConfigurationError that lists all errors at once
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const isProduction = environment['NODE_ENV'] === 'production';
  const misspelled = misspelledIn(environment, Object.keys(variables));
  const { API_DOCS, TOKEN_ISSUER, DATABASE_POOL, DATABASE_PREPARE, DATABASE_SCHEMA, ...read } = withMisspelled(
    misspelled,
    () =>
      isProduction ? readEnvironment(ProductionEnvironment, environment) : readEnvironment(Environment, environment),
  );
  return {
    ...read,
    isProduction,
    misspelled,
    isUnderNpm: ['start', 'npx'].includes(environment['npm_lifecycle_event'] ?? ''),
    apiDocs: API_DOCS ? API_DOCS === 'on' : !isProduction,
    databaseUse: { pool: DATABASE_POOL, prepare: DATABASE_PREPARE === 'on', schema: DATABASE_SCHEMA },
    tokenIssuer: TOKEN_ISSUER ?? read.PUBLIC_URL ?? 'scan-login',
  };
}

/** A variable that must be set may be there under a wrong name. */
function withMisspelled<Read>(misspelled: Misspelled[], read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const more = misspelled.map((each) => ({ name: each.given, reason: askFor(each) }));
    throw new ConfigurationError([...error.faults, ...more]);
  }
}

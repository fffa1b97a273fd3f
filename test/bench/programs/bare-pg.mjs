// The statements of a login over a bare pool of pg, in the server's order, and nothing else: no HTTP, validation,
// tokens or hashing. Its rate is what the database and its driver leave to a server.
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { answers, ready } from '../support/answering.mjs';
import { keepDoing } from '../support/pace.mjs';
import { Turns } from '../support/turns.mjs';

/** Replaces names in braces in a value, at any depth. */
const compile = (value) => {
  if (Array.isArray(value)) {
    const parts = value.map(compile);
    return (own) => parts.map((part) => part(own));
  }
  if (typeof value !== 'string') return () => value;
  const whole = /^\{(\w+)\}$/.exec(value);
  if (whole) return (own) => own[whole[1]];
  if (value.startsWith('\\x')) {
    const bytes = Buffer.from(value.slice(2), 'hex');
    return () => bytes;
  }
  if (!/\{\w+\}/.test(value)) return () => value;
  return (own) => value.replaceAll(/\{(\w+)\}/g, (_, name) => own[name]);
};

async function send(client, { text, name, fill, count }, own) {
  const { rowCount } = await client.query({ text, name, values: fill(own) });
  // a statement that finds no row is faster than the original
  if (rowCount !== count) throw new Error(`${rowCount} rows and not ${count}: ${text}`);
}

async function login(pool, groups, person) {
  Object.assign(person, {
    earlierSessionId: person.sessionId,
    uuid: randomUUID(),
    sessionId: randomUUID(),
    secretHash: randomBytes(32),
    scanTokenHash: randomBytes(32),
    refreshHash: randomBytes(32),
  });
  for (const group of groups) {
    if (group.length === 1) {
      await send(pool, group[0], person);
      continue;
    }
    const client = await pool.connect();
    for (const statement of group) await send(client, statement, person);
    client.release();
  }
}

let pool;
let groups;

answers({
  /** @param {{ databaseUrl: string, size: number, statements: import('../support/statements.mjs').Statement[][] }} args */
  open({ databaseUrl, size, statements }) {
    // connections are kept as long as the server keeps its own
    const kept = { min: 2, idleTimeoutMillis: 60_000, keepAlive: true };
    pool = new pg.Pool({ connectionString: databaseUrl, max: size, statement_timeout: 10_000, ...kept });
    groups = statements.map((group) =>
      group.map(({ values, ...statement }) => ({ ...statement, fill: compile(values) })),
    );
  },
  /**
   * @param {{ people: import('../support/people.mjs').Person[], sessionIds: Record<string, string>, workers: number, seconds: number }} args
   *   with each one's last session, which the next login replaces
   * @returns the pace, and each one's last session now
   */
  async logins({ people, sessionIds, workers, seconds }) {
    const own = people.map(({ phone, screen }) => ({
      accountId: phone.accountId,
      phoneSessionId: phone.sessionId,
      phoneDeviceId: phone.deviceId,
      screenDeviceId: screen.deviceId,
      sessionId: sessionIds[phone.accountId],
    }));
    const result = await keepDoing(Turns.among(own, workers), seconds, (turns) => login(pool, groups, turns.next()));
    return { ...result, sessionIds: Object.fromEntries(own.map((person) => [person.accountId, person.sessionId])) };
  },
});
ready();

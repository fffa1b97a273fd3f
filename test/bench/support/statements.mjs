// The statements of one login, as the server really sends them: recorded from a login, with values that differ between
// logins replaced by names. So the list needs no upkeep when the server's statements change.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { news, Pair } from './login.mjs';

/** Not part of one login: batched writes of many logins, and heartbeats. */
const BESIDE = /audit_events|pg_notify|^LISTEN|^SELECT 1$/;

/**
 * @typedef {object} Statement
 * @property {string} text
 * @property {string} [name] of a prepared one
 * @property {unknown[]} values with names in braces for what each login has of its own
 * @property {number | null} count rows that it gave or changed
 */

const MOMENT_MS = 2_000;

const sha256 = (text) => `\\x${createHash('sha256').update(text).digest('hex')}`;

/**
 * @param {string} url of a server that records
 * @param {string} file what it records into
 * @param {import('./people.mjs').Person} person
 * @returns {Promise<Statement[][]>} in order; those of a transaction are together
 */
export async function recordLogin(url, file, person) {
  const pair = new Pair(person, url);
  // the first login of a screen has no earlier session to replace, and the phone's first call writes that it was seen
  const before = await pair.login();
  // caches of the server must be empty, as when people come one after the other
  await sleep(MOMENT_MS);
  const from = await size(file);
  const ticket = await pair.open();
  const scanned = await held(pair, ticket, 'pending', file);
  const { scanToken } = await pair.scan(ticket);
  await news(scanned.poll, 201);
  const confirmed = await held(pair, ticket, 'scanned', file);
  await pair.confirm(ticket, scanToken);
  await news(confirmed.poll, 200);
  const after = await pair.redeem(ticket);
  pair.close();
  // what the responses did not wait for
  await sleep(200);
  const recorded = await statementsSince(file, from);
  const { phone, screen } = person;
  const names = {
    uuid: ticket.uuid,
    secretHash: sha256(ticket.secret),
    scanTokenHash: sha256(scanToken),
    sessionId: after.session.id,
    refreshHash: sha256(after.refreshToken),
    earlierSessionId: before.session.id,
    accountId: phone.accountId,
    phoneSessionId: phone.sessionId,
    phoneDeviceId: phone.deviceId,
    screenDeviceId: screen.deviceId,
  };
  return inTransactions(recorded.map((statement) => named(statement, names)));
}

/**
 * How many statements one login takes while many log in at once: to hold against the one that was recorded.
 * @param {string} file
 * @param {() => Promise<number>} logins does some, and says how many
 */
export async function statementsPerLogin(file, logins) {
  const from = await size(file);
  const count = await logins();
  return (await statementsSince(file, from)).length / count;
}

/** Those of logins alone. */
async function statementsSince(file, from) {
  const lines = (await fs.readFile(file)).subarray(from).toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line)).filter(({ text }) => !BESIDE.test(text));
}

async function size(file) {
  return (await fs.stat(file)).size;
}

/** A poll whose ticket the server has read, so that it is held by now. */
async function held(pair, ticket, known, file) {
  const before = await size(file);
  const poll = pair.poll(ticket, known);
  while (!(await fs.readFile(file)).subarray(before).toString().includes(ticket.uuid)) await sleep(5);
  return { poll };
}

function named(statement, names) {
  let values = JSON.stringify(statement.values);
  for (const [name, value] of Object.entries(names)) {
    values = values.replaceAll(JSON.stringify(value).slice(1, -1), `{${name}}`);
  }
  return { ...statement, values: JSON.parse(values) };
}

function inTransactions(statements) {
  const groups = [];
  const open = new Map();
  for (const { client, ...statement } of statements) {
    const group = open.get(client);
    if (group) group.push(statement);
    else groups.push([statement]);
    if (/^(BEGIN|START TRANSACTION)/i.test(statement.text)) open.set(client, groups.at(-1));
    if (/^(COMMIT|ROLLBACK)/i.test(statement.text)) open.delete(client);
  }
  return groups;
}

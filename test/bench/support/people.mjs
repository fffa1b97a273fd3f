import { randomUUID } from 'node:crypto';
import { Connection } from './connection.mjs';

const PASSWORD = 'correct horse battery staple';

/**
 * @typedef {object} Person a person with a signed-in phone and a screen
 * @property {{ deviceId: string, accessToken: string, sessionId: string, accountId: string }} phone
 * @property {{ deviceId: string }} screen
 */

/**
 * @param {string} url of a server
 * @param {number} count
 * @param {() => Record<string, string>} [from] headers that say from where the next one calls
 * @returns {Promise<Person[]>}
 */
export async function makePeople(url, count, from = () => ({})) {
  const people = [];
  const connection = new Connection(url);
  for (let made = 0; made < count; made += 1) people.push(await makePerson(connection, from()));
  connection.close();
  return people;
}

/**
 * @param {Connection} connection
 * @param {Record<string, string>} headers
 */
async function makePerson(connection, headers) {
  const username = `bench-${randomUUID()}`;
  const deviceId = randomUUID();
  await expect(201, connection.call('POST', '/v1/accounts', headers, { username, password: PASSWORD }));
  const device = { id: deviceId, type: 'phone' };
  const { body } = await expect(
    201,
    connection.call('POST', '/v1/sessions', headers, { username, password: PASSWORD, device }),
  );
  const { accessToken, session, account } = body;
  const phone = { deviceId, accessToken, sessionId: session.id, accountId: account.id };
  return { phone, screen: { deviceId: randomUUID() } };
}

/**
 * @param {number} status
 * @param {Promise<import('./connection.mjs').HttpResponse>} call
 */
export async function expect(status, call) {
  const response = await call;
  if (response.status !== status) throw new Error(`expected ${status}, got ${response.status}: ${response.text}`);
  return response;
}

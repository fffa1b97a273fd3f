import { Connection } from './connection.mjs';
import { expect } from './people.mjs';

/** A screen and a phone that log in again and again, each over a connection of its own. */
export class Pair {
  /**
   * @param {import('./people.mjs').Person} person
   * @param {string} screenUrl the server that the screen talks to
   * @param {string} phoneUrl
   * @param {Record<string, string>} [always] headers of each call
   */
  constructor(person, screenUrl, phoneUrl = screenUrl, always = {}) {
    this.person = person;
    this.screenUrl = screenUrl;
    this.screen = new Connection(screenUrl, always);
    this.phone = new Connection(phoneUrl, always);
    this.opening = { device: { id: person.screen.deviceId, type: 'web', name: 'Office PC' } };
    this.phoneHeaders = {
      Authorization: `Bearer ${person.phone.accessToken}`,
      'X-Device-Id': person.phone.deviceId,
      'User-Agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15',
    };
  }

  async connect() {
    await Promise.all([this.screen.open(), this.phone.open()]);
  }

  /** One whole login: six calls, two of which wait. */
  async login() {
    const ticket = await this.open();
    const scanned = this.poll(ticket, 'pending');
    const { scanToken } = await this.scan(ticket);
    await news(scanned, 201);
    const confirmed = this.poll(ticket, 'scanned');
    await this.confirm(ticket, scanToken);
    await news(confirmed, 200);
    return this.redeem(ticket);
  }

  /** @returns {Promise<{ uuid: string, secret: string }>} */
  async open() {
    const { body } = await expect(201, this.screen.call('POST', '/v1/tickets', SCREEN_HEADERS, this.opening));
    return body;
  }

  /** A held poll. */
  poll({ uuid, secret }, known) {
    return this.screen.call('GET', `/v1/tickets/${uuid}/status?known=${known}`, { 'X-Ticket-Secret': secret });
  }

  async scan({ uuid }) {
    return (await expect(200, this.phone.call('POST', `/v1/tickets/${uuid}/scan`, this.phoneHeaders))).body;
  }

  confirm({ uuid }, scanToken) {
    return expect(204, this.phone.call('POST', `/v1/tickets/${uuid}/confirm`, this.phoneHeaders, { scanToken }));
  }

  async redeem({ uuid, secret }) {
    const headers = { 'X-Ticket-Secret': secret, 'X-Device-Id': this.person.screen.deviceId };
    return (await expect(200, this.screen.call('POST', `/v1/tickets/${uuid}/redeem`, headers))).body;
  }

  close() {
    this.screen.close();
    this.phone.close();
  }
}

/** @param {Promise<import('./connection.mjs').HttpResponse>} poll */
export async function news(poll, code) {
  const { body, text } = await poll;
  if (body.code !== code) throw new Error(`expected the code ${code}: ${text}`);
}

const SCREEN_HEADERS = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' };

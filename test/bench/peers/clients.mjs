// The same job at each server, in its intended way: a screen begins, a signed-in phone approves, the screen gets its
// tokens. Each counts the calls of both.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '../support/connection.mjs';
import { Pair } from '../support/login.mjs';
import { expect } from '../support/people.mjs';
import { Browser } from './browser.mjs';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * @typedef {object} Client
 * @property {() => Promise<void>} signIn the phone, once
 * @property {() => Promise<any>} begin the screen asks, and gets a code to show
 * @property {(attempt: any) => Promise<void>} approve the phone, from the scan on
 * @property {(attempt: any) => Promise<unknown>} tokens the screen asks until it has them
 * @property {number} calls of both, so far
 * @property {() => void} close
 */

/**
 * The screen polls at the interval that the server names, the first time after one interval (RFC 8628 §3.5).
 * @param {number} interval seconds
 * @param {() => Promise<import('../support/connection.mjs').HttpResponse>} ask
 */
async function pollFor(interval, ask) {
  for (;;) {
    await sleep(interval * 1000);
    const { status, body, text } = await ask();
    if (status === 200) return body;
    if (body?.error !== 'authorization_pending') throw new Error(text);
  }
}

class ScanLogin {
  calls = 0;

  /**
   * @param {string} url
   * @param {import('../support/people.mjs').Person} person
   */
  constructor(url, person) {
    this.pair = new Pair(person, url);
  }

  async signIn() {}

  async begin() {
    this.calls += 1;
    return this.pair.open();
  }

  async approve(ticket) {
    this.calls += 2;
    const { scanToken } = await this.pair.scan(ticket);
    await this.pair.confirm(ticket, scanToken);
  }

  async tokens(ticket) {
    for (let known = 'pending'; known !== 'confirmed';) {
      this.calls += 1;
      const { body } = await this.pair.poll(ticket, known);
      if (body.code === 400) throw new Error('the ticket is over');
      known = body.status;
    }
    this.calls += 1;
    return this.pair.redeem(ticket);
  }

  close() {
    this.pair.close();
  }
}

class DeviceFlow {
  #screenCalls = 0;

  /** @param {string} url */
  constructor(url) {
    this.phone = new Browser(url);
    this.screen = new Connection(url);
  }

  get calls() {
    return this.#screenCalls + this.phone.calls;
  }

  /** A call of the screen's, in the form that the server takes. */
  ask(path, fields) {
    this.#screenCalls += 1;
    return this.send(path, fields);
  }

  async begin() {
    const { body } = await expect(200, this.ask(this.beginsAt, { client_id: 'screen', scope: 'openid' }));
    return body;
  }

  /** @param {{ device_code: string, interval?: number }} attempt RFC 8628 §3.2: five seconds where none is named */
  tokens({ device_code: deviceCode, interval = 5 }, isApproved = false) {
    const fields = { grant_type: GRANT, device_code: deviceCode, client_id: 'screen' };
    return pollFor(isApproved ? 0 : interval, () => this.ask(this.tokensAt, fields));
  }

  close() {
    this.phone.close();
    this.screen.close();
  }
}

class OidcProvider extends DeviceFlow {
  beginsAt = '/device/auth';
  tokensAt = '/token';

  send(path, fields) {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return this.screen.call('POST', path, headers, new URLSearchParams(fields).toString());
  }

  /** Its pages ask for sign-in and consent at the first approval only. */
  async signIn() {
    const attempt = await this.begin();
    await this.approve(attempt);
    await this.tokens(attempt, true);
  }

  async approve({ user_code: userCode }) {
    let page = await this.phone.visit('GET', `/device?user_code=${userCode}`);
    while (page.includes('<form')) {
      if (page.includes('class="red"')) throw new Error(`not approved: ${page}`);
      const isSignIn = page.includes('name="login"');
      page = await this.phone.submit(page, isSignIn ? { login: randomUUID(), password: 'any' } : {});
    }
    if (!page.includes('Success')) throw new Error(`not approved: ${page}`);
  }
}

class BetterAuth extends DeviceFlow {
  beginsAt = '/api/auth/device/code';
  tokensAt = '/api/auth/device/token';

  send(path, fields) {
    return this.screen.call('POST', path, {}, fields);
  }

  async signIn() {
    const email = `${randomUUID()}@example.org`;
    const person = { email, password: 'correct horse battery staple', name: 'Ada Lovelace' };
    await expect(200, this.phone.call('POST', '/api/auth/sign-up/email', person));
  }

  /** The page behind the code asks the person, and this presses its button. */
  async approve({ user_code: userCode }) {
    await expect(200, this.phone.call('GET', `/api/auth/device?user_code=${userCode}`));
    await expect(200, this.phone.call('POST', '/api/auth/device/approve', { userCode }));
  }
}

/** @type {Record<string, (url: string, person: any) => Client>} */
export const CLIENTS = {
  'scan-login': (url, person) => new ScanLogin(url, person),
  'oidc-provider': (url) => new OidcProvider(url),
  'better-auth': (url) => new BetterAuth(url),
};

import { Connection } from '../support/connection.mjs';

/** A connection with cookies and forms, as a phone's browser for a server with pages. */
export class Browser {
  #cookies = new Map();
  calls = 0;

  /** @param {string} url of the server */
  constructor(url) {
    this.origin = url;
    this.connection = new Connection(url);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body] JSON, or the fields of a form as URLSearchParams
   */
  async call(method, path, body) {
    this.calls += 1;
    const headers = { Origin: this.origin };
    if (this.#cookies.size > 0)
      headers.Cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const isForm = body instanceof URLSearchParams;
    if (isForm) headers['Content-Type'] = 'application/x-www-form-urlencoded';
    const response = await this.connection.call(method, path, headers, isForm ? body.toString() : body);
    for (const [, name, value] of response.head.matchAll(/\r\nset-cookie: ([^=]+)=([^;\r]*)/gi)) {
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  /** Follows redirects until there is a page. */
  async visit(method, path, body) {
    let response = await this.call(method, path, body);
    while (response.status >= 300 && response.status < 400) {
      const [, location] = /\r\nlocation: (\S+)/i.exec(response.head) ?? [];
      const { pathname, search } = new URL(location ?? '/', this.origin);
      response = await this.call('GET', pathname + search);
    }
    if (response.status !== 200) throw new Error(`${method} ${path} was answered ${response.status}: ${response.text}`);
    return response.text;
  }

  /** Submits the form of a page, with its own values and those given. */
  submit(page, typed = {}) {
    const [, action = '/'] = /<form[^>]* action="([^"]+)"/.exec(page) ?? [];
    const fields = new URLSearchParams();
    for (const [, name, value] of page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)) {
      fields.set(name, value);
    }
    for (const [name, value] of Object.entries(typed)) fields.set(name, value);
    const { pathname, search } = new URL(action.replaceAll('&amp;', '&'), this.origin);
    return this.visit('POST', pathname + search, fields);
  }

  close() {
    this.connection.close();
  }
}

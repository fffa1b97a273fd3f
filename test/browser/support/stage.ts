import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ticketLink } from '@scan-login/client';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { PASSWORD, Phone, register, signedInPhone } from '../../support/actors.js';
import { createDatabase } from '../../support/database.js';
import { freePort } from '../../support/free-port.js';
import { type ServerProcess, startServerProcess } from '../../support/server-process.js';
import { launch } from './chromium.js';

/** Not a secret: it protects only the databases of the tests. */
const APP_SECRET = 'k7Gd0q2ZpL5vX9rTn3Wc8sYh1JmBf4Ua';

/** Where the tests of the pages run: the built server in its own process, and one Chromium. */
export class Stage {
  private constructor(
    readonly url: string,
    readonly browser: Browser,
    private readonly directory: string,
    private readonly environment: Record<string, string>,
    private server: ServerProcess,
  ) {}

  /** @param environment of the server, in addition to its database */
  static async set(environment: Record<string, string> = {}): Promise<Stage> {
    const port = environment['PORT'] ?? String(await freePort());
    const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'scan-login-browser-'));
    const whole = {
      DATABASE_URL: await createDatabase(),
      DATA_DIR: directory,
      APP_SECRET,
      PORT: port,
      // test/browser/states.spec.ts has the number; everywhere else a phone confirms with one tap
      CONFIRM_CHALLENGE: 'off',
      ...environment,
    };
    const [server, browser] = await Promise.all([
      startServerProcess(whole),
      launch(path.join(directory, 'camera.mjpeg')),
    ]);
    return new Stage(`http://localhost:${port}`, browser, directory, whole, server);
  }

  async strike(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await fs.rm(this.directory, { recursive: true, force: true });
  }

  /** Runs `act` in a new scene, and closes the scene afterwards. @returns the result of `act` */
  async play<Result>(act: (scene: Scene) => Promise<Result>): Promise<Result> {
    const scene = new Scene(this);
    try {
      return await act(scene);
    } finally {
      await scene.end();
    }
  }

  async stopServer(): Promise<void> {
    await this.server.stop();
  }

  async startServer(): Promise<void> {
    this.server = await startServerProcess(this.environment);
  }

  /** A phone program, for what another person's phone does meanwhile. */
  signedInPhone(username?: string): Promise<Phone> {
    return signedInPhone(this.url, username);
  }

  /** @returns the user name */
  account(displayName?: string): Promise<string> {
    return register(this.url, displayName);
  }

  /** Shows this picture (a JPEG) to the camera of every phone. */
  async holdUp(picture: Buffer): Promise<void> {
    await fs.writeFile(path.join(this.directory, 'camera.mjpeg'), picture);
  }
}

/** One test on the stage, with its browser profiles, which are closed at its end. */
export class Scene {
  /** Violations of the pages' content policy, and uncaught errors. */
  private readonly offences: string[] = [];
  private readonly contexts: BrowserContext[] = [];

  constructor(private readonly stage: Stage) {}

  /** Closes everything, and expects no violation and no uncaught error. */
  async end(): Promise<void> {
    await Promise.all(this.contexts.map((context) => context.close()));
    expect(this.offences).toEqual([]);
  }

  /** A new browser profile. */
  async person(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.stage.browser.newContext({
      locale: 'en-GB',
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    // for pages that get no processor for seconds, when many are open on few cores
    context.setDefaultTimeout(20_000);
    this.contexts.push(context);
    await context.addInitScript(
      "document.addEventListener('securitypolicyviolation', (e) => console.error('policy:', e.violatedDirective, e.blockedURI))",
    );
    context.on('console', (message) => message.text().startsWith('policy:') && this.offences.push(message.text()));
    context.on('weberror', (failed) => this.offences.push(String(failed.error().stack)));
    return context;
  }

  /** A screen that shows a code. */
  async screen(options?: BrowserContextOptions, url = this.stage.url): Promise<ScreenPage> {
    const page = await (await this.person(options)).newPage();
    await page.goto(url);
    return new ScreenPage(page, this.stage.url);
  }

  /** A phone's browser; signed in when a user name is given, with the session of a sign-in on its page. */
  async phone(username?: string, options: BrowserContextOptions = {}): Promise<PhonePage> {
    const context = await this.person({
      viewport: { width: 375, height: 740 },
      hasTouch: true,
      isMobile: true,
      ...options,
    });
    const phone = new PhonePage(await context.newPage(), this.stage.url);
    if (username) {
      await phone.page.goto(`${this.stage.url}/phone`);
      await phone.signIn(username);
      await phone.page.locator('device-list li').first().waitFor();
    }
    return phone;
  }
}

/** The page `/`, or any other with a `<qr-login>`. */
export class ScreenPage {
  readonly code: Locator;
  readonly status: Locator;

  constructor(
    readonly page: Page,
    private readonly url: string,
  ) {
    this.code = page.locator('qr-login svg[part=code]');
    this.status = page.locator('qr-login [part=status]');
  }

  /** The link in the code, with the address at which this test reaches the server. */
  async link(): Promise<string> {
    const href = await this.page.locator('qr-login a[part=link]').getAttribute('href');
    const { pathname, hash } = new URL(href!);
    return this.url + pathname + hash;
  }

  /** The ticket in the code, and its present link. */
  async ticket(): Promise<{ uuid: string; qrUrl: string }> {
    const qrUrl = await this.link();
    return { uuid: ticketLink(qrUrl)!.uuid, qrUrl };
  }

  heading(text: string | RegExp): Locator {
    return this.page.getByRole('heading', { level: 1, name: text });
  }

  /** Confirms “Continue as …?”, which a screen asks where the account is new to it. */
  async goOn(name: string | RegExp = /^(Continue|继续)$/): Promise<void> {
    await this.page.getByRole('button', { name }).click();
  }

  /** Makes the tab hidden or visible. */
  async hide(isHidden: boolean): Promise<void> {
    await this.page.evaluate(
      `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} });` +
        `document.dispatchEvent(new Event('visibilitychange'))`,
    );
  }

  /** Paths of API calls from now on. */
  calls(): string[] {
    const paths: string[] = [];
    this.page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/v1/')) paths.push(`${request.method()} ${pathname.replace(/[0-9a-f-]{36}/, '{uuid}')}`);
    });
    return paths;
  }
}

/** The pages `/l/{uuid}` and `/phone`. */
export class PhonePage {
  constructor(
    readonly page: Page,
    readonly url: string,
  ) {}

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  heading(text: string | RegExp): Locator {
    return this.page.getByRole('heading', { level: 1, name: text });
  }

  async signIn(username: string, password = PASSWORD): Promise<void> {
    await this.page.locator('[name=username]').fill(username);
    await this.page.locator('[name=password]').fill(password);
    await this.page.locator('sign-in-form button').first().click();
  }

  /** Another tab of the same browser. */
  async secondTab(): Promise<PhonePage> {
    return new PhonePage(await this.page.context().newPage(), this.url);
  }

  /** Opens a link while signed in, up to the question who asks. */
  async open(link: string): Promise<void> {
    await this.page.goto(link);
    await this.heading('Do you want to sign in on this screen?').waitFor();
  }
}

/** Waits until this text is visible. */
export function becomes(read: () => Promise<unknown>, expected: unknown, timeout = 10_000): Promise<void> {
  return vi.waitFor(async () => expect(await read()).toEqual(expected), { timeout, interval: 50 });
}

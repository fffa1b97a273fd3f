import { setTimeout as sleep } from 'node:timers/promises';
import type { TicketStatus } from '@scan-login/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Phone, Screen, signedInPhones } from '../support/actors.js';
import { TEST_SECRET } from '../support/app.js';
import { createDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import type { HttpResponse } from '../support/http.js';
import { hasNginx, type Nginx, startNginx } from '../support/nginx.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

const PAIRS = 8;
/** Attempts of one call. The pages and the programs go on for minutes. */
const MOST_TRIES = 40;

interface Login {
  ms: number;
  /** Calls that had to be repeated. */
  repeated: string[];
}

/** Screens and phones that sign in again and again until they are stopped. */
class Load {
  readonly logins: Login[] = [];
  readonly lost: unknown[] = [];
  private readonly stopping = new AbortController();
  private readonly running: Promise<unknown>;

  constructor(phones: Phone[]) {
    this.running = Promise.all(phones.map((phone) => this.keepSigningIn(phone)));
  }

  /** Waits for that many more logins that began after this moment. */
  async more(count: number): Promise<void> {
    const enough = this.logins.length + this.lost.length + PAIRS + count;
    while (this.logins.length + this.lost.length < enough) await sleep(20);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async keepSigningIn(phone: Phone): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const began = performance.now();
      const repeated: string[] = [];
      try {
        await signIn(phone, repeated);
        this.logins.push({ ms: performance.now() - began, repeated });
      } catch (error) {
        this.lost.push(error);
      }
    }
  }
}

/**
 * One whole login, of two ordinary clients. An ordinary client repeats a call that got no response, or a 5xx; by
 * contract all calls of a login may be repeated. Any other unexpected response loses the login.
 */
async function signIn(phone: Phone, repeated: string[]): Promise<void> {
  const retry = async (what: string, expected: number, make: () => Promise<HttpResponse>): Promise<HttpResponse> => {
    for (let tries = 1; ; tries += 1) {
      const response = await make().catch((error: unknown) => error as Error);
      if (!(response instanceof Error) && response.status === expected) return response;
      const said = response instanceof Error ? 'no answer' : `${response.status} ${JSON.stringify(response.body)}`;
      if (tries === MOST_TRIES || (!(response instanceof Error) && response.status < 500)) {
        throw new Error(`${what}, try ${tries}: ${said}`);
      }
      repeated.push(`${what}: ${said}`);
      await sleep(100 + Math.random() * 100);
    }
  };
  const screen = new Screen(phone.url);
  await retry('open', 201, () => screen.open());
  const waitForConfirm = async () => {
    for (let known = 'pending'; known !== 'confirmed';) {
      const { status } = (await retry('wait', 200, () => screen.poll(known))).body as TicketStatus;
      if (!['pending', 'scanned', 'confirmed'].includes(status)) throw new Error(`the ticket is ${status}`);
      known = status;
    }
  };
  await Promise.all([
    waitForConfirm(),
    retry('scan', 200, () => phone.scan(screen))
      // a person takes a moment to decide: the screen learns of the scan meanwhile
      .then(() => sleep(20 + Math.random() * 80))
      .then(() => retry('confirm', 204, () => phone.confirm(screen))),
  ]);
  await retry('redeem', 200, () => screen.redeem());
  await retry('account', 200, () => screen.account());
  await retry('refresh of the phone', 200, async () => {
    const response = await phone.refresh();
    if (response.status === 200) phone.tokens = response.body;
    return response;
  });
}

/** Tickets that this process has opened. */
const opened = (instance: ServerProcess) => instance.output().split('"ticket.opened"').length - 1;

describe.runIf(hasNginx)('a rolling restart behind the proxy', () => {
  let environment: Record<string, string>;
  let proxy: Nginx;
  const instances: ServerProcess[] = [];

  beforeAll(async () => {
    environment = { DATABASE_URL: await createDatabase(), APP_SECRET: TEST_SECRET, TRUST_PROXY: '127.0.0.1' };
    const ports = [await freePort(), await freePort()];
    for (const port of ports) instances.push(await startServerProcess({ ...environment, PORT: String(port) }));
    proxy = await startNginx(ports);
  });
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await proxy.stop();
  });

  it('loses no login of the people who sign in meanwhile', { timeout: 180_000 }, async () => {
    const load = new Load(await signedInPhones(proxy.url, PAIRS));
    await load.more(20);
    for (const [nth, instance] of instances.entries()) {
      expect(opened(instance), 'both have work').toBeGreaterThan(0);
      const { port } = new URL(instance.url);
      expect(await instance.stop('SIGTERM')).toBe(0);
      await load.more(20); // the other instance has all of them
      instances[nth] = await startServerProcess({ ...environment, PORT: port });
      // nginx finds it again by itself
      await expect.poll(() => opened(instances[nth]!), { timeout: 30_000 }).toBeGreaterThan(5);
    }
    await load.more(20);
    await load.stop();

    const times = load.logins.map(({ ms }) => Math.round(ms)).sort((a, b) => a - b);
    const repeated = load.logins.flatMap((login) => login.repeated);
    process.stdout.write(
      `rolling restart: ${times.length} logins, ${load.lost.length} lost, median ${times[times.length >> 1]} ms, ` +
        `longest ${times.at(-1)} ms, ${repeated.length} calls repeated by clients ${JSON.stringify([...new Set(repeated)])}\n`,
    );
    expect(load.lost).toEqual([]);
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { letPass, type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import type { HttpResponse } from '../support/http.js';
import { type Move, outcomes, play, type Seen, type TicketState } from './support/ticket-model.js';

// Screens and phones make random moves at two instances, in sequence and concurrently. Whatever happens, some order of
// the moves must explain every response by the state table. FUZZ_SEED replays a failure.

const WALKS = inject('isLong') ? 2_000 : 20;
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const PHONES = 3;
const SCREENS = 2;

let instances: [RunningApp, RunningApp];
let phones: Phone[];
/** Each phone's session has its own number; a phone that signs in again gets a new one. */
let sessions: number[];

beforeAll(async () => {
  const many = { SESSIONS_PER_DEVICE_TYPE: '0', SCANS_PER_ACCOUNT: '0', REREAD_EVERY: '60' };
  const first = await startApp(many);
  instances = [first, await startApp({ ...many, DATABASE_URL: first.databaseUrl })];
  phones = await Promise.all(Array.from({ length: PHONES }, () => signedInPhone(first.url)));
  sessions = phones.map((_, nth) => nth);
});
afterAll(async () => {
  for (const instance of instances.toReversed()) {
    expect(instance.bell.size).toBe(0);
    await instance.close();
  }
});

/** A move to make: by which phone, at which instance, on which ticket. */
interface Wish {
  kind: Move['kind'];
  phone: number;
  instance: number;
}

/** A real ticket, with what each phone knows of it, and every state that it may have by the model. */
class Ticket {
  readonly screen = new Screen(instances[0].url);
  readonly scanTokens: string[] = Array.from({ length: PHONES }, (_, nth) => `none of phone ${nth}`);
  mayBe: TicketState[] = [{ status: 'pending' }];
  private readonly sessions = new Set<string>();
  private isLate = false;

  /** Makes all of these moves at once. */
  async play(wishes: Wish[]): Promise<void> {
    const known = [...this.scanTokens];
    const seen = await Promise.all(wishes.map((wish) => this.move(wish, known)));
    const explained = this.mayBe.flatMap((ticket) => outcomes(ticket, seen));
    const { body } = await this.screen.poll('pending', { wait: 0 });
    this.mayBe = unique(explained.filter(({ status }) => status === body.status));
    const said = seen.map((each) => `${JSON.stringify(each.move)} → ${each.told}`).join('\n');
    expect(this.mayBe, `no order explains a ticket that is ${body.status} after\n${said}`).not.toEqual([]);
    expect(this.sessions.size).toBeLessThanOrEqual(1);
    if (body.status === 'denied' || body.status === 'cancelled') expect(this.sessions.size).toBe(0);
  }

  /** The same session has scanned other tickets too. */
  hearOfEnd(phone: number): void {
    this.mayBe = unique(this.mayBe.map((ticket) => play(ticket, { kind: 'end', phone }).ticket));
  }

  private async move({ kind, phone: nth, instance }: Wish, known: string[]): Promise<Seen> {
    const { url } = instances[instance]!;
    const [screen, hand, phone] = [this.screen.at(url), phones[nth]!.at(url), sessions[nth]!];
    switch (kind) {
      case 'scan': {
        const response = await hand.scan(this.screen);
        if (response.status === 200) this.scanTokens[nth] = response.body.scanToken;
        return { move: { kind, phone, scanToken: response.body.scanToken }, told: told(response) };
      }
      case 'confirm':
      case 'deny': {
        const scanToken = known[nth]!;
        const response = await (kind === 'confirm'
          ? hand.confirm(this.screen, scanToken)
          : hand.deny(this.screen, 'declined', scanToken));
        return { move: { kind, phone, scanToken }, told: told(response) };
      }
      case 'redeem': {
        const response = await screen.redeem();
        if (response.status === 200) this.sessions.add(response.body.session.id);
        this.screen.tokens = screen.tokens;
        return { move: { kind }, told: told(response) };
      }
      case 'cancel':
        return { move: { kind }, told: told(await screen.cancel()) };
      case 'end':
        await hand.signOut();
        return { move: { kind, phone }, told: 'ok' };
      case 'use':
        if (this.screen.tokens) expect((await screen.account()).status).toBe(200);
        break;
      case 'wait':
        // past every limit but that of the sweep, which would delete the ticket
        if (!this.isLate) await letPass(instances[0].db, this.screen, 300);
        this.isLate = true;
    }
    return { move: { kind }, told: 'ok' };
  }
}

function told({ status, body }: HttpResponse): string {
  if (status < 300) return 'ok';
  return [body.code, body.currentStatus].filter(Boolean).join(' ');
}

function unique(tickets: TicketState[]): TicketState[] {
  return [...new Map(tickets.map((ticket) => [JSON.stringify(ticket), ticket])).values()];
}

/** The state of the walk is in the real tickets, which carry their own models. */
class AtOnce implements fc.AsyncCommand<object, Ticket[]> {
  constructor(
    private readonly nth: number,
    private readonly wishes: Wish[],
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: object, tickets: Ticket[]): Promise<void> {
    await tickets[this.nth]!.play(this.wishes);
    const ended = new Set(this.wishes.filter(({ kind }) => kind === 'end').map(({ phone }) => phone));
    for (const phone of ended) {
      for (const other of tickets.toSpliced(this.nth, 1)) other.hearOfEnd(sessions[phone]!);
      expect((await phones[phone]!.signIn()).status).toBe(201);
      sessions[phone] = Math.max(...sessions) + 1;
    }
  }

  toString(): string {
    const names = this.wishes.map(({ kind, phone, instance }) => `${kind}(phone ${phone}, instance ${instance})`);
    return `ticket ${this.nth}: ${names.join(' | ')}`;
  }
}

const who = { phone: fc.nat(PHONES - 1), instance: fc.nat(1) };
const likely: Move['kind'][] = ['scan', 'scan', 'confirm', 'confirm', 'redeem', 'deny', 'cancel', 'end'];
const alone = fc.record({ kind: fc.constantFrom<Move['kind'][]>(...likely, 'use', 'wait'), ...who });
const several = fc.array(fc.record({ kind: fc.constantFrom<Move['kind'][]>(...likely), ...who }), {
  minLength: 2,
  maxLength: 5,
});
const ticket = fc.nat(SCREENS - 1);
const steps = [
  fc.tuple(ticket, alone).map(([nth, wish]) => new AtOnce(nth, [wish])),
  fc.tuple(ticket, several).map(([nth, wishes]) => new AtOnce(nth, wishes)),
];

describe('the state table', () => {
  it(`explains every response of ${WALKS} random walks, in which moves overlap (seed ${SEED})`, async () => {
    const ends = new Set<string>();
    const walk = fc.asyncProperty(fc.commands(steps, { maxCommands: 20, size: '+1' }), async (commands) => {
      const tickets = Array.from({ length: SCREENS }, () => new Ticket());
      for (const { screen } of tickets) await screen.open();
      await fc.asyncModelRun(() => ({ model: {}, real: tickets }), commands);
      for (const { mayBe } of tickets) ends.add(mayBe[0]!.status);
    });
    await fc.assert(walk, { seed: SEED, numRuns: WALKS });
    // the walks ended in different states
    expect(ends.size).toBeGreaterThan(3);
  }, 1_800_000);
});

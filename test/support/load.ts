import { type Phone, Screen } from './actors.js';
import type { HttpResponse } from './http.js';

export interface Load {
  /** Screens whose confirm was acknowledged: none may be lost. */
  confirmed: Screen[];
  /** Those of them whose redeem was answered too, with their tokens. */
  redeemed: Screen[];
  /** Responses other than success and "try again later". There should be none. */
  strange: string[];
  /** Resolves once that many confirms were acknowledged; rejects when the load ends before. */
  reached(confirms: number): Promise<void>;
  /** Lets every lane finish its current login. */
  stop(): Promise<void>;
  /** Resolves when all lanes have ended by themselves: at their first refused or broken call. */
  ended: Promise<void>;
}

/** Logins in several lanes, one after the other in each lane, which has its own phone. */
export function startLoad(url: string, phones: Phone[]): Load {
  const load = { confirmed: [] as Screen[], redeemed: [] as Screen[], strange: [] as string[] };
  const waiting: { confirms: number; resolve: () => void; reject: (reason: Error) => void }[] = [];
  const stopping = new AbortController();

  /** @returns whether the lane goes on */
  const isAs = (expected: number, { status, body }: HttpResponse): boolean => {
    if (status !== expected && status !== 503) load.strange.push(`${status} ${JSON.stringify(body)}`);
    return status === expected;
  };
  const login = async (phone: Phone): Promise<boolean> => {
    const screen = new Screen(url);
    if (!isAs(201, await screen.open())) return false;
    const scan = await phone.scan(screen);
    if (!isAs(200, scan)) return false;
    if (!isAs(204, await phone.confirm(screen, scan.body.scanToken))) return false;
    load.confirmed.push(screen);
    for (const { confirms, resolve } of waiting) if (load.confirmed.length >= confirms) resolve();
    if (!isAs(200, await screen.redeem())) return false;
    load.redeemed.push(screen);
    return true;
  };
  const lane = async (phone: Phone): Promise<void> => {
    const mine = phone.at(url);
    // a broken connection throws: nothing was acknowledged then
    while (!stopping.signal.aborted && (await login(mine).catch(() => false)));
  };

  const work = async () => {
    await Promise.all(phones.map(lane));
    const { confirmed, strange } = load;
    const reason = new Error(`the load ended after ${confirmed.length} confirms: ${strange.join(', ')}`);
    for (const { confirms, reject } of waiting) if (confirmed.length < confirms) reject(reason);
  };
  const ended = work();
  return {
    ...load,
    ended,
    reached: (confirms) =>
      new Promise((resolve, reject) => {
        if (load.confirmed.length >= confirms) resolve();
        else waiting.push({ confirms, resolve, reject });
      }),
    stop() {
      stopping.abort();
      return ended;
    },
  };
}

/** Expects that another instance has every login that was acknowledged. */
export async function lostAt(url: string, { confirmed, redeemed }: Pick<Load, 'confirmed' | 'redeemed'>) {
  const lost: string[] = [];
  const isDone = new Set(redeemed);
  await Promise.all(
    confirmed.map(async (screen) => {
      const there = screen.at(url);
      const { status, body } = isDone.has(screen) ? await there.account() : await there.redeem();
      if (status !== 200) lost.push(`${screen.uuid}: ${status} ${JSON.stringify(body)}`);
    }),
  );
  return lost;
}

import type { SignIn, Tokens } from '../wire.js';
import type { SessionOptions, SessionStorage } from './options.js';

/** A session as it is stored. */
export interface Kept extends Omit<Tokens, 'accessToken'> {
  /** Missing if the refresh token is in a cookie. */
  accessToken?: string;
  /** The server's address and clock, for proofs. */
  proof?: { base: string; ahead: number };
}

/** What this device keeps between two visits: its id and its session. */
export class Keep {
  private readonly storage: SessionStorage;
  private readonly name: string;
  /** Values that the storage refuses, as in some private windows. They last as long as the program. */
  private readonly refused = new Map<string, string>();

  constructor({ storage = inMemory(), name = 'scan-login' }: Pick<SessionOptions, 'storage' | 'name'>) {
    this.storage = storage;
    this.name = name;
  }

  async session(): Promise<Kept | undefined> {
    return parsed(await this.read('session'));
  }

  write(kept: Kept): Promise<void> {
    return this.store('session', JSON.stringify(kept));
  }

  /** Removes the session, unless the storage has another one, which another tab may have begun. */
  async remove(sessionId: string): Promise<void> {
    if ((await this.session())?.session.id !== sessionId) return;
    this.refused.delete(this.key('session'));
    await attempt(() => this.storage.removeItem(this.key('session')));
  }

  /** @param make makes an id if no valid one is kept */
  async deviceId(make: () => SignIn['device']['id']): Promise<string> {
    const kept = await this.read('device');
    if (kept && /^[\x21-\x7e]{1,128}$/.test(kept)) return kept;
    const made = make();
    await this.store('device', made);
    return made;
  }

  keepDeviceId(id: string): Promise<void> {
    return this.store('device', id);
  }

  private async read(what: string): Promise<string | null | undefined> {
    const key = this.key(what);
    return (await attempt(() => this.storage.getItem(key))) ?? this.refused.get(key);
  }

  private async store(what: string, value: string): Promise<void> {
    const key = this.key(what);
    this.refused.set(key, value);
    await attempt(async () => {
      await this.storage.setItem(key, value);
      this.refused.delete(key);
    });
  }

  private key(what: string): string {
    return `${this.name}.${what}`;
  }
}

async function attempt<Result>(work: () => Result | Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

function parsed(text: string | null | undefined): Kept | undefined {
  try {
    const kept = JSON.parse(text ?? '') as Partial<Kept> | null;
    return kept?.session && kept.account ? (kept as Kept) : undefined;
  } catch {
    return undefined;
  }
}

function inMemory(): SessionStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

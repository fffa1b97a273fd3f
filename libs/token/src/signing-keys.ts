import { AuditLog, derivedKey, repeat } from '@scan-login/nest/common';
import { Signal } from '@scan-login/nest/signal';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { merge, type Subscription, throttleTime } from 'rxjs';
import { DataSource, type EntityManager, In } from 'typeorm';
import { isSealedUnder, type LoadedKey, makeKey, openKey, resealed } from './key-pair.js';
import { type PublicJwk, SigningKey } from './signing-key.entity.js';
import { TOKEN_OPTIONS, type TokenOptions } from './token.options.js';

/** Lets one instance at a time change the set of keys. An arbitrary constant. */
const KEYS_LOCK = 7_310_001;
const RELOAD_MS = 30_000;
/** Least time between two reloads that signals of other instances cause. */
const RELOADS_APART_MS = 1_000;
/** Seconds between publishing a new key and signing with it: all instances know it by then, and the JWKS has it. */
const PUBLISHED_BEFORE_USE_S = 120;

type Aged = SigningKey & { age: number };

/**
 * The keys that sign access tokens. They are made at the first start, stored sealed in the database, and rotated. All
 * of them are in memory, so that a token is verified without a query.
 */
@Injectable()
export class SigningKeys implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('SigningKeys');
  private readonly boxKey: Buffer;
  private readonly previousBoxKey?: Buffer;
  private keys = new Map<string, LoadedKey>();
  private signing!: LoadedKey;
  private reloading?: Subscription;

  constructor(
    @Inject(TOKEN_OPTIONS) private readonly options: TokenOptions,
    @Inject(Signal) private readonly signal: Signal,
    @InjectDataSource() private readonly db: DataSource,
    private readonly audit: AuditLog,
  ) {
    this.boxKey = boxKeyOf(options.secret);
    this.previousBoxKey = options.previousSecret === undefined ? undefined : boxKeyOf(options.previousSecret);
  }

  /** @throws Error when the stored keys were sealed under another secret */
  async onModuleInit(): Promise<void> {
    await this.load();
    const { logger, signal } = this;
    const when = merge(signal.on('keys'), signal.gaps).pipe(
      throttleTime(RELOADS_APART_MS, undefined, { leading: true, trailing: true }),
    );
    this.reloading = repeat(RELOAD_MS, () => this.load(), { logger, event: 'keys.not_reloaded', when });
  }

  onModuleDestroy(): void {
    this.reloading?.unsubscribe();
  }

  /** The key to sign with. */
  current(): LoadedKey {
    return this.signing;
  }

  /** The key of this id, from memory: an unknown id causes no query. */
  find(kid: string): LoadedKey | undefined {
    return this.keys.get(kid);
  }

  /** All keys whose tokens may still be valid, and the one that signs next. @see RFC 7517 §5 */
  jwks(): { keys: PublicJwk[] } {
    return { keys: [...this.keys.values()].map((key) => key.publicJwk) };
  }

  /** Makes a new key, which signs from two minutes later on. The old one is kept for as long as its tokens live. */
  async rotate(): Promise<string> {
    const made = await this.change((tx) => this.add(tx, 'key.rotated'));
    await this.load();
    this.signal.send('keys', made.kid);
    return made.kid;
  }

  private async load(): Promise<void> {
    const stored = await this.change((tx) => this.bringUpToDate(tx));
    const loaded = stored.map((key) => openKey(key, this.boxKey));
    this.keys = new Map(loaded.map((key) => [key.kid, key]));
    const ready = stored.find((key) => key.age >= PUBLISHED_BEFORE_USE_S) ?? stored.at(-1)!;
    this.signing = this.keys.get(ready.kid)!;
  }

  private change<Result>(how: (tx: EntityManager) => Promise<Result>): Promise<Result> {
    return this.db.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock($1)', [KEYS_LOCK]);
      return how(tx);
    });
  }

  /**
   * Makes a key if there is none, or only old ones, and deletes those whose tokens have all expired.
   * @returns newest first
   */
  private async bringUpToDate(tx: EntityManager): Promise<Aged[]> {
    let keys = await this.stored(tx);
    if (keys.length === 0 || keys[0]!.age > this.options.rotateKeysAfter) {
      await this.add(tx, keys.length === 0 ? 'key.made' : 'key.rotated');
      keys = await this.stored(tx);
    }
    const outlives = PUBLISHED_BEFORE_USE_S + this.options.accessTokenLife + RELOAD_MS / 500;
    const successor = keys.findIndex((key) => key.age > outlives);
    const dead = successor === -1 ? [] : keys.slice(successor + 1);
    if (dead.length > 0) await tx.delete(SigningKey, { kid: In(dead.map((key) => key.kid)) });
    return keys.slice(0, keys.length - dead.length);
  }

  private async stored(tx: EntityManager): Promise<Aged[]> {
    const { entities, raw } = await tx
      .createQueryBuilder(SigningKey, 'key')
      .addSelect('extract(epoch FROM now() - key.created_at)::float', 'age')
      .orderBy('key.created_at', 'DESC')
      .getRawAndEntities<{ age: number }>();
    return Promise.all(
      entities.map(async (key, at) => Object.assign(await this.reseal(tx, key), { age: raw[at]!.age })),
    );
  }

  private async add(tx: EntityManager, event: 'key.made' | 'key.rotated'): Promise<SigningKey> {
    const made = await tx.save(makeKey(this.boxKey));
    this.audit.note({ event, detail: { kid: made.kid } });
    return made;
  }

  /** Seals a key of the previous secret under the present one, so that the previous secret can be dropped. */
  private async reseal(tx: EntityManager, key: SigningKey): Promise<SigningKey> {
    if (!this.previousBoxKey || !isSealedUnder(this.previousBoxKey, key)) return key;
    this.logger.log({ event: 'key.resealed', kid: key.kid });
    return tx.save(resealed(key, this.previousBoxKey, this.boxKey));
  }
}

/** Whether a stored key was sealed under this `secret` of the options. */
export function isSealedWith(secret: string, key: SigningKey): boolean {
  return isSealedUnder(boxKeyOf(secret), key);
}

function boxKeyOf(secret: string): Buffer {
  return derivedKey(secret, 'signing keys');
}

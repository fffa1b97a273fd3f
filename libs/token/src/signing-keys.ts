import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { AuditLog } from '#libs/common';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { derivedKey, seal, unseal } from './key-box.js';
import { type PublicJwk, SigningKey } from './signing-key.entity.js';
import { TOKEN_OPTIONS, type TokenOptions } from './token.options.js';

/** Serialises the making of the first key between instances that start at once. An arbitrary constant of ours. */
const KEYS_LOCK = 7_310_001;

interface LoadedKey {
  kid: string;
  privateKey: KeyObject;
  publicPem: string;
  publicJwk: PublicJwk;
}

/**
 * The keys that sign access tokens: made at the first start, kept sealed in the database, held in memory, so that
 * checking a token never waits for anything.
 */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private readonly boxKey: Buffer;
  private loaded = new Map<string, LoadedKey>();
  private newest!: LoadedKey;

  constructor(
    @Inject(TOKEN_OPTIONS) options: TokenOptions,
    @InjectDataSource() private readonly db: DataSource,
    private readonly audit: AuditLog,
  ) {
    this.boxKey = derivedKey(options.secret, 'signing keys');
  }

  /** @throws Error when the stored keys were sealed under another secret */
  async onModuleInit(): Promise<void> {
    const keys = await this.db.transaction((tx) => this.loadOrMake(tx));
    this.loaded = new Map(keys.map((key) => [key.kid, this.open(key)]));
    this.newest = this.loaded.get(keys[0]!.kid)!;
  }

  /** The key to sign with. */
  current(): LoadedKey {
    return this.newest;
  }

  /** The key with this name, from memory alone: an unknown name costs nothing. */
  find(kid: string): LoadedKey | undefined {
    return this.loaded.get(kid);
  }

  /** @see RFC 7517 §5 */
  jwks(): { keys: PublicJwk[] } {
    return { keys: [...this.loaded.values()].map((key) => key.publicJwk) };
  }

  private async loadOrMake(tx: EntityManager): Promise<SigningKey[]> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [KEYS_LOCK]);
    const keys = await tx.find(SigningKey, { order: { createdAt: 'DESC' } });
    if (keys.length > 0) return keys;
    const made = await tx.save(this.make());
    this.audit.note({ event: 'key.made', detail: { kid: made.kid } });
    return [made];
  }

  private make(): SigningKey {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
    const kid = createHash('sha256')
      .update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
      .digest('base64url');
    const key = new SigningKey();
    key.kid = kid;
    key.publicJwk = { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' };
    key.privateKeySealed = seal(this.boxKey, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
    return key;
  }

  private open(key: SigningKey): LoadedKey {
    try {
      const privateKey = createPrivateKey(unseal(this.boxKey, key.privateKeySealed));
      const publicPem = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
      return { kid: key.kid, privateKey, publicPem, publicJwk: key.publicJwk };
    } catch (cause) {
      const reason = 'APP_SECRET is not the one that the signing keys in this database were stored under';
      throw new Error(`${reason}: start with that one`, { cause });
    }
  }
}

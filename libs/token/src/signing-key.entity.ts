import { StoredIn, Table } from '@scan-login/nest/common';
import { Column, PrimaryColumn } from 'typeorm';

/** A public key in the JWKS. @see RFC 7517, RFC 7518 §6.2.1 */
export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
  kid: string;
  alg: 'ES256';
  use: 'sig';
}

export const SIGNING_KEYS = new Table('signing_keys');

@StoredIn(SIGNING_KEYS)
export class SigningKey {
  /** Thumbprint of the public key. @see RFC 7638 */
  @PrimaryColumn('text')
  kid!: string;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk!: PublicJwk;

  /** PKCS #8 PEM, sealed with a key derived from the configuration's secret. */
  @Column('bytea', { name: 'private_key_sealed' })
  privateKeySealed!: Buffer;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}

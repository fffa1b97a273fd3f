import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { type CBORType, encodeCBOR } from '@levischuck/tiny-cbor';

const FLAGS = { present: 0x01, verified: 0x04, hasCredential: 0x40 };

interface Options {
  challenge: string;
  rpId?: string;
  rp?: { id: string };
}

/** What a client lies about, or an authenticator leaves out. */
interface Changes {
  origin?: string;
  challenge?: string;
  rpId?: string;
  type?: string;
  /** Whether the authenticator has verified its user. */
  isVerified?: boolean;
  counter?: number;
  userHandle?: string;
  /** What it states about itself, though nobody asks. */
  statement?: { fmt: string; attStmt: Map<string, CBORType> };
}

/** An authenticator with one passkey, and the browser that it is used with. @see https://www.w3.org/TR/webauthn-3/ */
export class Authenticator {
  readonly id = randomBytes(32).toString('base64url');
  /** How often it was used; a synced passkey leaves it at 0. */
  counter = 0;
  private readonly pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  constructor(readonly origin: string) {}

  /** A new credential, as a browser returns it. */
  create({ challenge, rp }: Options, changes: Changes = {}) {
    const { fmt, attStmt } = changes.statement ?? { fmt: 'none', attStmt: new Map<string, CBORType>() };
    const attestationObject = encodeCBOR(
      new Map<string, CBORType>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', Uint8Array.from(this.authenticatorData(rp!.id, changes, this.credentialData()))],
      ]),
    );
    const response = {
      clientDataJSON: this.clientData('webauthn.create', challenge, changes).toString('base64url'),
      attestationObject: Buffer.from(attestationObject).toString('base64url'),
      transports: ['internal'],
    };
    return { id: this.id, rawId: this.id, type: 'public-key', response, clientExtensionResults: {} };
  }

  /** An assertion, as a browser returns it. */
  get({ challenge, rpId }: Options, changes: Changes = {}) {
    const clientData = this.clientData('webauthn.get', challenge, changes);
    const authenticatorData = this.authenticatorData(rpId!, changes);
    const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()]);
    const response = {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: sign('sha256', signed, this.pair.privateKey).toString('base64url'),
      userHandle: changes.userHandle,
    };
    return { id: this.id, rawId: this.id, type: 'public-key', response, clientExtensionResults: {} };
  }

  private clientData(type: string, challenge: string, changes: Changes): Buffer {
    const origin = changes.origin ?? this.origin;
    return Buffer.from(
      JSON.stringify({ type: changes.type ?? type, challenge: changes.challenge ?? challenge, origin }),
    );
  }

  private authenticatorData(rpId: string, changes: Changes, credential: Buffer = Buffer.alloc(0)): Buffer {
    const { isVerified = true, counter = this.counter } = changes;
    const flags = FLAGS.present | (isVerified ? FLAGS.verified : 0) | (credential.length > 0 ? FLAGS.hasCredential : 0);
    const fixed = Buffer.alloc(5);
    fixed.writeUInt8(flags, 0);
    fixed.writeUInt32BE(counter, 1);
    const rpIdHash = createHash('sha256')
      .update(changes.rpId ?? rpId)
      .digest();
    return Buffer.concat([rpIdHash, fixed, credential]);
  }

  private credentialData(): Buffer {
    const id = Buffer.from(this.id, 'base64url');
    const { x, y } = this.pair.publicKey.export({ format: 'jwk' });
    const key = encodeCBOR(
      new Map<number, CBORType>([
        [1, 2], // kty: EC2
        [3, -7], // alg: ES256
        [-1, 1], // crv: P-256
        [-2, coordinate(x)],
        [-3, coordinate(y)],
      ]),
    );
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    return Buffer.concat([Buffer.alloc(16), length, id, Buffer.from(key)]);
  }
}

function coordinate(text = ''): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'base64url'));
}

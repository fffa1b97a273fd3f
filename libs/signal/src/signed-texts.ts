import { createHmac, timingSafeEqual } from 'node:crypto';
import { derivedKey } from '@scan-login/nest/common';
import type { Ring } from './rings.js';
import type { Topic } from './signal.js';

/** A PostgreSQL notification carries less than 8000 bytes; a ring takes about 50, and the part before the rings 110. */
const RINGS_PER_TEXT = 150;

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const SHA256 = '[\\w-]{43}';
/** The form of the ids of each topic. That of a key is its `kid`. */
const IDS: Record<Topic, string> = { ticket: UUID, session: UUID, account: SHA256, keys: SHA256 };
const RING = new RegExp(
  `^(?:${Object.entries(IDS)
    .map(([topic, id]) => `${topic}:${id}`)
    .join('|')})$`,
);
const TEXT = new RegExp(
  `^(?<mac>[\\w-]{43}) (?<signed>(?<sender>${UUID}) (?<sentAt>\\d{1,15}(?:\\.\\d{1,20})?) ` +
    `(?<rings>[!-~]+(?: [!-~]+){0,${RINGS_PER_TEXT - 1}}))$`,
);
const LONGEST = 8_000;

/** The content of one text. */
export interface Message {
  /** Id of the instance. */
  sender: string;
  /** Milliseconds of the sender's `performance.now()`. */
  sentAt: number;
  rings: Ring[];
}

export interface Secrets {
  /** The same in every instance. */
  secret: string;
  /** The old secret: texts that are signed with it are accepted, too. */
  previousSecret?: string;
}

/**
 * Writes rings as texts, and reads them. Others can write to the channel, too: any role that may connect to the
 * database, any client of the Redis. So each text carries an HMAC, and a text without a valid one is dropped at once. A
 * repeated text is accepted, which is harmless: a ring says only that something may have changed.
 */
export class SignedTexts {
  private readonly keys: readonly [Buffer, ...Buffer[]];

  constructor({ secret, previousSecret }: Secrets) {
    this.keys = [keyFrom(secret), ...(previousSecret === undefined ? [] : [keyFrom(previousSecret)])];
  }

  /** @param message with one group of `inTexts` */
  write({ sender, sentAt, rings }: Message): string {
    const text = `${sender} ${sentAt} ${rings.map(({ topic, id }) => `${topic}:${id}`).join(' ')}`;
    return `${macOf(this.keys[0], text).toString('base64url')} ${text}`;
  }

  /** @returns undefined for a text that was not written by an instance */
  read(text: string): Message | undefined {
    const found = text.length <= LONGEST ? TEXT.exec(text)?.groups : undefined;
    if (!found) return undefined;
    const mac = Buffer.from(found['mac']!, 'base64url');
    if (!this.keys.some((key) => timingSafeEqual(macOf(key, found['signed']!), mac))) return undefined;
    // an instance of another version may know more topics: unknown ones are ignored
    const rings = found['rings']!.split(' ').filter((ring) => RING.test(ring));
    return { sender: found['sender']!, sentAt: Number(found['sentAt']), rings: rings.map(ringOf) };
  }
}

/** Rings in groups, each of which fits into one text. */
export function inTexts(rings: readonly Ring[]): Ring[][] {
  const groups: Ring[][] = [];
  for (let at = 0; at < rings.length; at += RINGS_PER_TEXT) groups.push(rings.slice(at, at + RINGS_PER_TEXT));
  return groups;
}

function keyFrom(secret: string): Buffer {
  return derivedKey(secret, 'signal');
}

function macOf(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function ringOf(text: string): Ring {
  const [topic, id] = text.split(':') as [Topic, string];
  return { topic, id };
}

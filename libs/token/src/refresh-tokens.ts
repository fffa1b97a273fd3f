import { createHmac, randomBytes } from 'node:crypto';
import { derivedKey, hashOf, newSecret, Problem, type Queryable, rows, sql } from '@scan-login/nest/common';
import { Inject, Injectable } from '@nestjs/common';
import { REFRESH_TOKENS } from './refresh-token.entity.js';
import { TOKEN_OPTIONS, type TokenOptions } from './token.options.js';

const SALT_BYTES = 16;

/** The outcome of presenting a refresh token. */
export type Rotation =
  | { outcome: 'rotated'; refreshToken: string }
  /** Used a moment ago: the response got lost, or two tabs refreshed at once. It gets the same successor again. */
  | { outcome: 'repeated'; refreshToken: string }
  /** Used before, and the grace period is over: two parties have it. The session must end. */
  | { outcome: 'reused' };

/**
 * Refresh tokens rotate: each can be used once. Its successor is derived from it with the server's key and a salt of
 * its session, so that a client whose response got lost, or a second tab, gets the same successor within the grace
 * period: the line of tokens never forks. The first use of the successor ends the grace period early, so that a thief
 * and the owner of a token cannot both go on.
 * @see RFC 9700 §4.14.2
 */
@Injectable()
export class RefreshTokens {
  private readonly successorKey: Buffer;

  constructor(@Inject(TOKEN_OPTIONS) private readonly options: TokenOptions) {
    this.successorKey = derivedKey(options.secret, 'refresh token successor');
  }

  /** A new first token: all earlier ones of the session become invalid. */
  async reissue(db: Queryable, sessionId: string): Promise<string> {
    await rows(db, sql`DELETE FROM ${REFRESH_TOKENS} WHERE session_id = ${sessionId}`);
    return this.issue(db, sessionId);
  }

  /** The first token of a new session. */
  async issue(db: Queryable, sessionId: string): Promise<string> {
    const refreshToken = newSecret();
    await this.store(db, refreshToken, sessionId, randomBytes(SALT_BYTES));
    return refreshToken;
  }

  /**
   * The session of a token, whether the token was used or not.
   * @throws Problem token_invalid when there is no such token
   */
  async sessionOf(db: Queryable, presented: string): Promise<string> {
    const [token] = await rows<{ sessionId: string }>(
      db,
      sql`SELECT session_id AS "sessionId" FROM ${REFRESH_TOKENS} WHERE hash = ${hashOf(presented)}`,
    );
    if (!token) throw new Problem('token_invalid');
    return token.sessionId;
  }

  /**
   * Uses a refresh token up. Does not check whether its session still lives.
   * @param isGraceOver whether an access token of the session's last refresh was used
   * @throws Problem token_invalid when there is no such token
   */
  async rotate(db: Queryable, presented: string, { isGraceOver }: { isGraceOver: boolean }): Promise<Rotation> {
    const hash = hashOf(presented);
    const [used] = await rows<{ sessionId: string; salt: Buffer | null }>(
      db,
      sql`UPDATE ${REFRESH_TOKENS} SET rotated_at = now() WHERE hash = ${hash} AND rotated_at IS NULL
          RETURNING session_id AS "sessionId", salt`,
    );
    if (used) {
      const refreshToken = this.successorOf(presented, used.salt);
      await this.store(db, refreshToken, used.sessionId, used.salt);
      return { outcome: 'rotated', refreshToken };
    }
    const [before] = await rows<{ isRecent: boolean; salt: Buffer | null }>(
      db,
      sql`SELECT rotated_at > now() - make_interval(secs => ${this.options.refreshGrace}) AS "isRecent", salt
          FROM ${REFRESH_TOKENS} WHERE hash = ${hash}`,
    );
    if (!before) throw new Problem('token_invalid');
    if (isGraceOver || !before.isRecent) return { outcome: 'reused' };
    const refreshToken = this.successorOf(presented, before.salt);
    return (await this.isUnused(db, refreshToken)) ? { outcome: 'repeated', refreshToken } : { outcome: 'reused' };
  }

  private successorOf(refreshToken: string, salt: Buffer | null): string {
    const successor = createHmac('sha256', this.successorKey);
    if (salt) successor.update(salt);
    return successor.update(refreshToken).digest('base64url');
  }

  private async isUnused(db: Queryable, refreshToken: string): Promise<boolean> {
    const found = await rows(
      db,
      sql`SELECT FROM ${REFRESH_TOKENS} WHERE hash = ${hashOf(refreshToken)} AND rotated_at IS NULL`,
    );
    return found.length > 0;
  }

  private async store(db: Queryable, refreshToken: string, sessionId: string, salt: Buffer | null): Promise<void> {
    await rows(
      db,
      sql`INSERT INTO ${REFRESH_TOKENS} (hash, session_id, salt) VALUES (${hashOf(refreshToken)}, ${sessionId}, ${salt})`,
    );
  }
}

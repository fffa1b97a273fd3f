import { createHmac } from 'node:crypto';
import { hashOf, newSecret, Problem, type Queryable, rows } from '#libs/common';
import { Inject, Injectable } from '@nestjs/common';
import { derivedKey } from './key-box.js';
import { TOKEN_OPTIONS, type TokenOptions } from './token.options.js';

/** What came of presenting a refresh token. */
export type Rotation =
  | { outcome: 'rotated'; refreshToken: string }
  /** Used before, and longer ago than the grace: somebody else has it too. The session must end. */
  | { outcome: 'reused' };

/**
 * Refresh tokens rotate: each is good once. Its successor is derived from it under the server's key, so that an answer
 * that got lost, or two tabs that refresh at once, get the very same successor within the grace: no second line of
 * tokens comes to be, and whoever stole one still collides with its owner at the next step.
 * @see RFC 9700 §4.14.2
 */
@Injectable()
export class RefreshTokens {
  private readonly successorKey: Buffer;

  constructor(@Inject(TOKEN_OPTIONS) private readonly options: TokenOptions) {
    this.successorKey = derivedKey(options.secret, 'refresh token successor');
  }

  /** A new first one: all that the session had before are dead from now on. */
  async reissue(db: Queryable, sessionId: string): Promise<string> {
    await rows(db, 'DELETE FROM refresh_tokens WHERE session_id = $1', [sessionId]);
    return this.issue(db, sessionId);
  }

  /** The first of a new session. */
  async issue(db: Queryable, sessionId: string): Promise<string> {
    const refreshToken = newSecret();
    await this.store(db, refreshToken, sessionId);
    return refreshToken;
  }

  /**
   * Whose it is, whether it was used or not.
   * @throws Problem token_invalid when there is no such token
   */
  async sessionOf(db: Queryable, presented: string): Promise<string> {
    const [token] = await rows<{ sessionId: string }>(
      db,
      'SELECT session_id AS "sessionId" FROM refresh_tokens WHERE hash = $1',
      [hashOf(presented)],
    );
    if (!token) throw new Problem('token_invalid');
    return token.sessionId;
  }

  /**
   * Uses a refresh token up. Says nothing of whether its session still lives.
   * @throws Problem token_invalid when there is no such token
   */
  async rotate(db: Queryable, presented: string): Promise<Rotation> {
    const successor = createHmac('sha256', this.successorKey).update(presented).digest('base64url');
    const [used] = await rows<{ sessionId: string }>(
      db,
      `UPDATE refresh_tokens SET rotated_at = now() WHERE hash = $1 AND rotated_at IS NULL
       RETURNING session_id AS "sessionId"`,
      [hashOf(presented)],
    );
    if (used) {
      await this.store(db, successor, used.sessionId);
      return { outcome: 'rotated', refreshToken: successor };
    }
    const [before] = await rows<{ inGrace: boolean }>(
      db,
      `SELECT rotated_at > now() - make_interval(secs => $2) AS "inGrace" FROM refresh_tokens WHERE hash = $1`,
      [hashOf(presented), this.options.refreshGrace],
    );
    if (!before) throw new Problem('token_invalid');
    return before.inGrace ? { outcome: 'rotated', refreshToken: successor } : { outcome: 'reused' };
  }

  private async store(db: Queryable, refreshToken: string, sessionId: string): Promise<void> {
    await rows(db, 'INSERT INTO refresh_tokens (hash, session_id) VALUES ($1, $2)', [hashOf(refreshToken), sessionId]);
  }
}

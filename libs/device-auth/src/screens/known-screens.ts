import { isUuid, Problem, type ProblemCode, rows, sql, type Sql, transaction } from '@scan-login/nest/common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { IS_FORGOTTEN, KNOWN_SCREENS, type KnownScreen } from '../devices/known-screen.entity.js';
import { Admission } from '../sessions/admission.js';
import type { LiveSession } from '../sessions/live-session.js';
import { IS_LIVE, SESSIONS } from '../sessions/session.entity.js';
import { SessionEndings } from '../sessions/session-endings.js';

/** A known screen, and its live session if it has one. */
export type ListedScreen = KnownScreen & { sessionId: string | null };

/** SQL: the session is on the screen `known`. */
export const IS_ON_SCREEN = sql`
  sessions.account_id = known.account_id AND sessions.device_id = known.device_id
  AND sessions.screen_key = known.key_thumbprint AND sessions.device_type <> 'phone'`;

/** The screens on which accounts were signed in, for their owners. */
@Injectable()
export class KnownScreens {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly admission: Admission,
    private readonly endings: SessionEndings,
  ) {}

  /** The new ones first, then the last used ones. */
  async list(accountId: string): Promise<ListedScreen[]> {
    return rows<ListedScreen>(
      this.db,
      sql`SELECT id, key_thumbprint AS "keyThumbprint", device_type AS "deviceType", device_name AS "deviceName", browser,
                 os, network, place, first_signed_in_at AS "firstSignedInAt", acknowledged_at AS "acknowledgedAt",
                 signed_in_at AS "signedInAt",
                 (SELECT sessions.id FROM ${SESSIONS} WHERE ${IS_ON_SCREEN} AND ${IS_LIVE} LIMIT 1) AS "sessionId"
          FROM ${KNOWN_SCREENS} AS known WHERE account_id = ${accountId} AND NOT ${IS_FORGOTTEN}
          ORDER BY acknowledged_at IS NOT NULL, signed_in_at DESC, id LIMIT ${MOST_LISTED}`,
    );
  }

  /** The owner says that the screen is theirs. @throws Problem screen_not_found */
  async acknowledge(id: string, { accountId }: LiveSession): Promise<void> {
    const [known] = isUuid(id)
      ? await rows(
          this.db,
          sql`UPDATE ${KNOWN_SCREENS} SET acknowledged_at = COALESCE(acknowledged_at, now())
              WHERE id = ${id} AND account_id = ${accountId} RETURNING id`,
        )
      : [];
    if (!known) throw new Problem('screen_not_found');
  }

  /**
   * Forgets a screen, and ends its session. What was scanned or confirmed, and could become such a session, is cancelled.
   * @throws Problem screen_not_found | session_ended
   */
  async forget(id: string, by: LiveSession): Promise<void> {
    if (!isUuid(id)) throw new Problem('screen_not_found');
    await this.forgetThose(sql`known.id = ${id}`, by, { ifNone: 'screen_not_found' });
  }

  /**
   * The same for all screens that the owner has not acknowledged, but not that of the caller.
   * @throws Problem session_ended
   */
  async forgetNew(by: LiveSession): Promise<void> {
    const isNotHere = sql`NOT EXISTS (SELECT FROM ${SESSIONS} WHERE sessions.id = ${by.id} AND ${IS_ON_SCREEN})`;
    await this.forgetThose(sql`known.acknowledged_at IS NULL AND ${isNotHere}`, by);
  }

  /** @param ifNone the problem if there is no such screen; then nothing is done */
  private async forgetThose(condition: Sql, by: LiveSession, { ifNone }: { ifNone?: ProblemCode } = {}): Promise<void> {
    const { id, accountId } = by;
    const ending = { accountId, reason: 'revoked', by: id } as const;
    const these = sql`known.account_id = ${accountId} AND ${condition}`;
    await transaction(this.db, async (tx) => {
      await this.endings.lock(tx, accountId);
      // the caller's session may have ended since it was admitted
      const refusal = await this.admission.refusalOf(tx, id);
      if (refusal) throw refusal;
      const onThese = sql`
        SELECT sessions.id FROM ${SESSIONS} JOIN ${KNOWN_SCREENS} AS known ON ${IS_ON_SCREEN}
        WHERE ${these} AND sessions.ended_at IS NULL`;
      await this.endings.endThose(tx, onThese, ending);
      await this.endings.endAllAlong(tx, ending);
      const forgotten = await rows(tx, sql`DELETE FROM ${KNOWN_SCREENS} AS known WHERE ${these} RETURNING known.id`);
      if (ifNone && forgotten.length === 0) throw new Problem(ifNone);
    });
  }
}

/** An account that signs in on more screens than these in 90 days is not one that a person reads about. */
const MOST_LISTED = 200;

import { batchedRows, sql } from '@scan-login/nest/common';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { KNOWN_SCREENS } from '../devices/known-screen.entity.js';
import { IS_ON_SCREEN } from '../screens/known-screens.js';
import type { LiveSession } from '../sessions/live-session.js';
import { type EndReason, IS_LIVE, SESSIONS } from '../sessions/session.entity.js';
import { type SessionRow, viewOfSession } from '../sessions/session-view.js';
import type { Notice } from './notices.schemas.js';

type Found = SessionRow & {
  isLive: boolean;
  endedReason: EndReason | null;
  screenId: string | null;
  isNew: boolean;
};

/** A refusal of a ticket. */
export interface Refusal {
  uuid: string;
  /** The session that refused it. */
  sessionId: string;
}

/** Finds the tickets that these sessions have refused lately, because it was not their user who asked. */
export type FindRefusals = (sessionIds: readonly string[]) => Promise<Refusal[]>;

/** What a listener knows of its account. */
export interface Known {
  sessionIds: readonly string[];
  refusedUuids: readonly string[];
}

/** What has changed about an account since its rows were last read, and whether the session that listens still lives. */
interface Changes {
  known: Known;
  notices: Notice[];
  isOver: boolean;
}

/** Reads what has changed: the rows are the truth, and a ring only says when to read them. */
@Injectable()
export class AccountChanges {
  private findRefusals: FindRefusals = async () => [];

  constructor(@InjectDataSource() private readonly db: DataSource) {}

  /** Registers how refused tickets are found. */
  onRefusals(find: FindRefusals): void {
    this.findRefusals = find;
  }

  /** @param before nothing for the first reading, from which no notices come */
  async read({ id, accountId }: LiveSession, before?: Known): Promise<Changes> {
    const found = await this.sessionsOf(accountId, before?.sessionIds ?? []);
    const live = found.filter(({ isLive }) => isLive);
    const sessionIds = live.map((session) => session.id);
    const refusals = await this.findRefusals(sessionIds);
    const known = { sessionIds, refusedUuids: refusals.map(({ uuid }) => uuid) };
    const isOver = !sessionIds.includes(id);
    if (!before) return { known, notices: [], isOver };
    const started = live.filter((session) => !before.sessionIds.includes(session.id));
    const ended = before.sessionIds.filter((each) => each !== id && !sessionIds.includes(each));
    const refused = refusals.filter(({ uuid, sessionId }) => sessionId !== id && !before.refusedUuids.includes(uuid));
    const reasonOf = (ofId: string) => found.find((session) => session.id === ofId)?.endedReason ?? 'expired';
    const notices: Notice[] = [
      ...started.map((session): Notice => ({ type: 'session_started', data: startOf(session, id) })),
      ...ended.map((each): Notice => ({ type: 'session_ended', data: { id: each, reason: reasonOf(each) } })),
      ...refused.map(({ sessionId }): Notice => ({ type: 'ticket_refused', data: { sessionId } })),
    ];
    return { known, notices, isOver };
  }

  /** The live sessions, and those that were live when they were last read. */
  private sessionsOf(accountId: string, before: readonly string[]): Promise<Found[]> {
    return batchedRows<Found>(
      this.db,
      'notices',
      sql`SELECT sessions.id, sessions.device_type AS "deviceType", sessions.device_name AS "deviceName",
                 sessions.browser, sessions.os, ip, created_at AS "createdAt", last_seen_at AS "lastSeenAt",
                 ${IS_LIVE} AS "isLive", ended_reason AS "endedReason", known.id AS "screenId",
                 known.id IS NOT NULL AND known.acknowledged_at IS NULL AS "isNew"
          FROM ${SESSIONS} LEFT JOIN ${KNOWN_SCREENS} AS known ON ${IS_ON_SCREEN}
          WHERE sessions.account_id = ${accountId} AND (${IS_LIVE} OR sessions.id = ANY(${before}::uuid[]))
          ORDER BY created_at`,
    );
  }
}

function startOf({ screenId, isNew, ...session }: Found, currentId: string) {
  return { ...viewOfSession(session, currentId), screenId, isNew };
}

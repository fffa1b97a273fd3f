import type { Session } from './session.entity.js';
import type { SessionView } from './session.schemas.js';

/** What the account is shown of a session. @param currentId of the session that asks */
export function viewOfSession(session: SessionRow, currentId: string): SessionView {
  return {
    id: session.id,
    current: session.id === currentId,
    device: { type: session.deviceType, name: session.deviceName, browser: session.browser, os: session.os },
    ip: session.ip,
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.lastSeenAt.toISOString(),
  };
}

export type SessionRow = Pick<
  Session,
  'id' | 'deviceType' | 'deviceName' | 'browser' | 'os' | 'ip' | 'createdAt' | 'lastSeenAt'
>;

import { z } from 'zod';
import { END_REASONS } from '../sessions/session.entity.js';
import { SessionView } from '../sessions/session.schemas.js';

export const SessionStarted = SessionView.extend({
  screenId: z.uuid().nullable().describe('Of the list of screens; null for a phone'),
  isNew: z.boolean().describe('Whether it is a screen that the account has not acknowledged'),
});
export type SessionStarted = z.infer<typeof SessionStarted>;

export const SessionEnded = z.object({ id: z.uuid(), reason: z.enum(END_REASONS) });
export type SessionEnded = z.infer<typeof SessionEnded>;

/** `not_me` was said on another phone. */
export const TicketRefused = z.object({ sessionId: z.uuid().describe('Of the phone on which it was said') });
export type TicketRefused = z.infer<typeof TicketRefused>;

/** Something that the other devices of an account are told at once. */
export type Notice =
  | { type: 'session_started'; data: SessionStarted }
  | { type: 'session_ended'; data: SessionEnded }
  | { type: 'ticket_refused'; data: TicketRefused };

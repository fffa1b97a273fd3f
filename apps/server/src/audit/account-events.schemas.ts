import { AUDIT_EVENTS, type AuditName } from '@scan-login/nest/common';
import { z } from 'zod';

const MOST = 100;
/** Kinds of events that an account can have. */
const KINDS = (Object.keys(AUDIT_EVENTS) as AuditName[]).filter((name) => !name.startsWith('key.'));

export const AccountEventsQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'Must be a whole number')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MOST, `Must be from 1 to ${MOST}`)
    .default(MOST)
    .describe(`Events at most, up to ${MOST}`),
  before: z
    .string()
    .regex(/^[ir]\d{1,18}$/, 'Must be `next` of the page before')
    .optional()
    .describe('`next` of the page before'),
  kind: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(KINDS)))
    .optional()
    .describe(`Only events of these kinds, with commas between them: ${KINDS.join(', ')}`),
});
export type AccountEventsQuery = z.infer<typeof AccountEventsQuery>;

export const AccountEventsPage = z
  .object({
    events: z.array(
      z
        .object({
          event: z.string().meta({ examples: ['ticket.confirmed'] }),
          important: z.boolean().describe('These come before all others'),
          at: z.iso.datetime().describe('When it happened first'),
          lastAt: z.iso.datetime().describe('When it happened last'),
          count: z
            .int()
            .describe(
              'How often, within an hour. Where an hour has too many of a kind, the rest is one event without an id',
            ),
          ip: z.string().nullable(),
          sessionId: z.uuid().nullable(),
          detail: z.record(z.string(), z.union([z.string(), z.number()])).nullable(),
        })
        .meta({ id: 'AccountEvent' }),
    ),
    next: z
      .string()
      .nullable()
      .describe('To be given as `before` for the events that follow; null where there are none'),
  })
  .meta({ id: 'AccountEvents' });
export type AccountEventsPage = z.infer<typeof AccountEventsPage>;

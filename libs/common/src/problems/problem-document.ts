import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from './problems.js';

/** The body of every error response, `application/problem+json`. @see RFC 9457 §3 */
export const ProblemDocument = z.object({
  type: z.string().meta({ examples: ['urn:scan-login:problem:ticket_expired'] }),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  currentStatus: z.string().optional().describe('with `ticket_wrong_status`: the status of the ticket'),
  triesLeft: z
    .int()
    .optional()
    .describe('with `number_wrong`: how many more numbers may be tried; at 0 the ticket is denied'),
  reason: z.string().optional().describe('with `session_ended`: why it ended'),
});

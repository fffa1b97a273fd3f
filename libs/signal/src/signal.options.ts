import { Secret } from '@scan-login/nest/common';
import { z } from 'zod';

const PostgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'Must be the URL of a PostgreSQL database' });
const RedisUrl = z.url({ protocol: /^rediss?$/, error: 'Must be the URL of a Redis' });

const secrets = {
  secret: Secret.describe('Signs the messages of the instances, so that no others count. The same in every instance'),
  previousSecret: z
    .string()
    .optional()
    .describe('The old secret, while the secret is being changed: it is still accepted'),
};

/** How instances tell each other of changes. */
export const SignalOptions = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('memory') }).describe('There is one instance only'),
  z
    .strictObject({
      kind: z.literal('postgres'),
      url: PostgresUrl.describe('The database that they share, not through a transaction pooler'),
      ...secrets,
    })
    .describe('Through LISTEN and NOTIFY, on one connection more for each instance'),
  z
    .strictObject({ kind: z.literal('redis'), url: RedisUrl.describe('Of a Redis, 7 or newer'), ...secrets })
    .describe('Through sharded pub/sub of a Redis, or of a server that is compatible with it'),
]);
export type SignalOptions = z.output<typeof SignalOptions>;

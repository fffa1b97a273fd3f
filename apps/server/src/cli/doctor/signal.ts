import { randomUUID } from 'node:crypto';
import { newSecret } from '@scan-login/nest/common';
import { makeSignal } from '@scan-login/nest/signal';
import { filter, firstValueFrom, timeout } from 'rxjs';
import { signalOf } from '../../app.module.js';
import type { Config } from '../../config.js';
import { fail, type Finding, ok } from './check.js';

const LIMIT_MS = 5_000;
const ADVICE = {
  postgres:
    'LISTEN does not work through a pooler that hands connections out by transaction: set DATABASE_LISTEN_URL to the database itself',
  redis: 'See that REDIS_URL leads to a Redis 7 or newer, and that it lets us in',
};

/** Whether one instance hears what another one sends: two of them are made here. They ring for a ticket that is none. */
export async function checkSignal(config: Config): Promise<Finding> {
  const options = signalOf(config, config.APP_SECRET ?? newSecret());
  if (options.kind === 'memory') return ok('Not needed: an embedded database has one instance');
  const [here, there] = [makeSignal(options), makeSignal(options)];
  try {
    // both have a gap to tell of once they hear
    await Promise.all([here, there].map(({ gaps }) => firstValueFrom(gaps.pipe(timeout(LIMIT_MS)))));
    const uuid = randomUUID();
    const heard = firstValueFrom(
      there.on('ticket').pipe(
        filter((id) => id === uuid),
        timeout(LIMIT_MS),
      ),
    );
    here.send('ticket', uuid);
    await heard;
    return ok(`Instances hear each other through ${options.kind === 'redis' ? 'Redis' : 'PostgreSQL (LISTEN)'}`);
  } catch {
    return fail(
      `Instances do not hear each other: no signal came through within ${LIMIT_MS / 1000} s`,
      ADVICE[options.kind],
    );
  } finally {
    await Promise.all([here.close(), there.close()]);
  }
}

import { randomUUID } from 'node:crypto';
import { newSecret } from '@scan-login/nest/common';
import { makeSignal } from '@scan-login/nest/signal';
import { filter, firstValueFrom, timeout } from 'rxjs';
import { signalOf } from '../../app.module.js';
import type { Config } from '../../config.js';
import { fail, type Finding, ok } from './check.js';

const LIMIT_MS = 5_000;
const ADVICE = {
  postgres: 'LISTEN does not work through a pooler in transaction mode: set DATABASE_LISTEN_URL to the database itself',
  redis: 'Check that REDIS_URL leads to Redis 7 or newer, and that its password is right',
};

/**
 * Checks that one instance receives what another one sends. Two signals are made here; they ring for a made-up ticket.
 */
export async function checkSignal(config: Config): Promise<Finding> {
  const options = signalOf(config, config.APP_SECRET ?? newSecret());
  if (options.kind === 'memory') return ok('Not needed: an embedded database serves one instance');
  const [here, there] = [makeSignal(options), makeSignal(options)];
  try {
    // a signal reports a gap as soon as it is connected
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
    return ok(
      `Instances receive each other's signals through ${options.kind === 'redis' ? 'Redis' : 'PostgreSQL (LISTEN)'}`,
    );
  } catch {
    return fail(
      `Instances do not receive each other's signals: none arrived within ${LIMIT_MS / 1000} s`,
      ADVICE[options.kind],
    );
  } finally {
    await Promise.all([here.close(), there.close()]);
  }
}

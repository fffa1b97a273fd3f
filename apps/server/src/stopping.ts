import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DatabaseHome } from './database/database-home.js';
import { Draining } from './http/draining.js';

/** Goes down in order on SIGTERM and Ctrl-C; at once on the second one. */
export function stopOnSignal(app: INestApplication, database: DatabaseHome, log: Logger): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ event: 'server.stopping', signal });
      app.get(Draining).isDraining = true;
      app
        .close()
        .then(() => database.close())
        .then(() => {
          log.info({ event: 'server.stopped' });
          process.exit(0);
        })
        .catch((err: unknown) => {
          log.error({ event: 'server.stop_failed', err });
          process.exit(1);
        });
    });
  }
}

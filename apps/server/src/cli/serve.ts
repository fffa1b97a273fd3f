import type { AddressInfo } from 'node:net';
import { PasswordAccounts } from '@scan-login/nest/password-accounts';
import { findAppSecret } from '../app-secret.js';
import { welcome } from '../banner.js';
import { type Config, readConfig } from '../config.js';
import { createApp } from '../create-app.js';
import { openDataSource } from '../database/data-source.js';
import { type DatabaseHome, findDatabase } from '../database/database-home.js';
import { ensureDemoAccount } from '../demo-account.js';
import { Draining } from '../http/draining.js';
import { makeLogger } from '../logging.js';
import { askFor } from '../misspelled.js';
import { guessPublicUrl } from '../public-url.js';
import { stopOnSignal } from '../stopping.js';
import { CannotListen, checkPort } from './cannot-listen.js';

/** When many screens reconnect at once, the kernel must not drop their connections. */
const BACKLOG = 16_384;

type Log = ReturnType<typeof makeLogger>;

/** Runs the server; resolves once it listens. SIGTERM and Ctrl-C shut it down gracefully. */
export async function serve(): Promise<void> {
  const config = readConfig();
  const log = makeLogger(config.LOG_LEVEL);
  for (const each of config.misspelled) {
    log.warn({ event: 'config.misspelled', msg: `${each.given} ${askFor(each)}` });
  }
  const starting = start(config, log);
  stopOnSignal(starting, config, log);
  await starting;
}

/** @returns a function that shuts the server down gracefully */
async function start(config: Config, log: Log): Promise<() => Promise<void>> {
  await checkPort(config);
  const appSecret = await findAppSecret(config);
  const database = await findDatabase(config, log);
  try {
    const app = await listen(config, database, appSecret, log);
    return async () => {
      app.get(Draining).isDraining = true;
      await app.close();
      await database.close();
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function listen(config: Config, database: DatabaseHome, appSecret: string, log: Log) {
  let port = config.PORT;
  const publicUrl = () => config.PUBLIC_URL ?? guessPublicUrl(port).url;
  const dataSource = await openDataSource(database.url, config.databaseUse, log);
  const app = await createApp({ config, dataSource, appSecret, publicUrl }, log);
  try {
    await app.init();
    await app.listen({ port, host: config.HOST, backlog: BACKLOG }).catch((error: unknown) => {
      throw new CannotListen(error);
    });
  } catch (error) {
    // before its database is taken away: what is under way would report that, and hide why
    await app.close();
    throw error;
  }
  ({ port } = app.getHttpServer().address() as AddressInfo);
  const demo = config.isProduction ? undefined : await ensureDemoAccount(app.get(PasswordAccounts), config.DATA_DIR);
  log.info({ event: 'server.listening', port, publicUrl: publicUrl() });
  welcome({ config, port, demo, isEmbedded: database.isEmbedded });
  return app;
}

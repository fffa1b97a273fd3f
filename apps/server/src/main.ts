import { ConfigurationError } from '#libs/common';
import { PasswordAccounts } from '#libs/device-auth';
import type { AddressInfo } from 'node:net';
import { findAppSecret } from './app-secret.js';
import { welcome } from './banner.js';
import { type Config, readConfig } from './config.js';
import { createApp } from './create-app.js';
import { openDataSource } from './database/data-source.js';
import { findDatabase } from './database/database-home.js';
import { ensureDemoAccount } from './demo-account.js';
import { makeLogger } from './logging.js';
import { guessPublicUrl } from './public-url.js';
import { stopOnSignal } from './stopping.js';

/** A wave of screens that come back at once must not be dropped by the kernel. */
const BACKLOG = 16_384;

async function start(config: Config): Promise<void> {
  const log = makeLogger(config.LOG_LEVEL);
  const appSecret = await findAppSecret(config);
  const database = await findDatabase(config, log);
  let port = config.PORT;
  const publicUrl = () => config.PUBLIC_URL ?? guessPublicUrl(port).url;
  const dataSource = await openDataSource(database.url, config.DATABASE_POOL, log);
  const app = await createApp({ config, dataSource, appSecret, publicUrl }, log);
  stopOnSignal(app, database, config, log);

  await app.listen({ port, host: config.HOST, backlog: BACKLOG });
  ({ port } = app.getHttpServer().address() as AddressInfo);
  const demo = config.isProduction ? undefined : await ensureDemoAccount(app.get(PasswordAccounts), config.DATA_DIR);
  log.info({ event: 'server.listening', port, publicUrl: publicUrl() });
  welcome({ config, port, demo, isEmbedded: database.isEmbedded });
}

try {
  await start(readConfig());
} catch (error) {
  process.stderr.write(`${error instanceof ConfigurationError ? error.message : explain(error)}\n`);
  process.exit(1);
}

function explain(error: unknown): string {
  return `scan-login could not start: ${error instanceof Error ? error.message || String(error) : String(error)}`;
}

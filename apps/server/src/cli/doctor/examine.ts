import { ConfigurationError, type ConfigurationFault } from '@scan-login/nest/common';
import type { DataSource } from 'typeorm';
import { type Config, readConfig } from '../../config.js';
import { type DatabaseHome, isStillToBeMade, reachDatabase } from '../../database/database-home.js';
import { openDatabase } from '../../places/geoip-places.js';
import { reasonOf } from '../../reason-of.js';
import { askFor } from '../../misspelled.js';
import { connectOnly } from '../pending-migrations.js';
import { type Check, type CheckName, fail, type Finding, ok, warn } from './check.js';
import { checkClock, checkDatabase, checkSchema, unreachable } from './database.js';
import { checkDataDirectory, checkPages } from './files.js';
import { checkProxy } from './proxy.js';
import { checkPublicUrl } from './public-url.js';
import { checkSecret, checkSigningKeys } from './secret.js';
import { checkSignal } from './signal.js';

/**
 * Runs all checks, in the order in which to fix what they find. A check that throws counts as failed.
 * @param environment variables to check; those of this process by default
 */
export async function examine(environment?: Readonly<Record<string, string>>): Promise<Check[]> {
  let config: Config;
  try {
    config = readConfig(environment);
    if (config.GEOIP_DATABASE !== undefined) await openDatabase(config.GEOIP_DATABASE);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.faults.map(faultyVariable);
  }
  return [
    { name: 'configuration', ...checkNames(config) },
    await named('pages', () => checkPages()),
    await named('data-directory', () => checkDataDirectory(config)),
    await named('secret', () => checkSecret(config)),
    ...(await withDatabase(config, (dataSource) => examineSurroundings(config, dataSource))),
  ];
}

function checkNames({ misspelled }: Config): Finding {
  if (misspelled.length === 0) return ok('All variables are valid');
  const message = misspelled.map((each) => `${each.given} ${askFor(each)}`).join(' ');
  return warn(message, 'Correct the name. A variable of another program may stay');
}

function faultyVariable({ name, reason, example }: ConfigurationFault): Check {
  const advice = `Correct it${example ? `, for example ${name}=${example}` : ''}`;
  return { ...fail(`${name}: ${reason}`, advice), name: 'configuration' };
}

/** Checks that also run when there is no database. */
async function examineSurroundings(config: Config, dataSource: DataSource | undefined): Promise<Check[]> {
  // without a database LISTEN fails too, and that is reported already
  const hasSignal = dataSource ?? config.DATABASE_LISTEN_URL ?? config.REDIS_URL ?? !config.DATABASE_URL;
  return [
    ...(hasSignal ? [await named('signal', () => checkSignal(config))] : []),
    await named('public-url', () => checkPublicUrl(config)),
    await named('proxy', () => checkProxy(config, dataSource)),
  ];
}

async function withDatabase(
  config: Config,
  more: (dataSource: DataSource | undefined) => Promise<Check[]>,
): Promise<Check[]> {
  if (isStillToBeMade(config)) {
    return [{ name: 'database', ...ok('Embedded: the first start creates it') }, ...(await more(undefined))];
  }
  let database: DatabaseHome | undefined;
  let dataSource: DataSource | undefined;
  try {
    database = await reachDatabase(config);
    dataSource = await connectOnly(database.url, config.databaseUse);
    return [...(await examineDatabase(config, dataSource)), ...(await more(dataSource))];
  } catch (error) {
    return [{ name: 'database', ...unreachable(config, error) }, ...(await more(undefined))];
  } finally {
    await dataSource?.destroy();
    await database?.close();
  }
}

async function examineDatabase(config: Config, dataSource: DataSource): Promise<Check[]> {
  const schema = await named('schema', () => checkSchema(dataSource));
  return [
    await named('database', () => checkDatabase(dataSource)),
    schema,
    ...(schema.result === 'ok' ? [await named('signing-keys', () => checkSigningKeys(config, dataSource))] : []),
    await named('clock', () => checkClock(dataSource)),
  ];
}

async function named(name: CheckName, check: () => Finding | Promise<Finding>): Promise<Check> {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    return {
      name,
      ...fail(`The check could not finish: ${reasonOf(error)}`, 'Fix what is reported above, and try again'),
    };
  }
}

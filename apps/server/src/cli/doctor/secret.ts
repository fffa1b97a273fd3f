import fs from 'node:fs/promises';
import path from 'node:path';
import { isSealedWith, SigningKey } from '@scan-login/nest/token';
import type { DataSource } from 'typeorm';
import { SECRET_FILE } from '../../app-secret.js';
import { type Config, isStrong } from '../../config.js';
import { WRONG_SECRET } from '../explain.js';
import { fail, type Finding, ok, warn } from './check.js';

const MAKE_ONE = 'Set APP_SECRET to the output of "openssl rand -base64 33", the same in every instance';

/** In production a weak or missing one is a fault of the configuration already. */
export function checkSecret({ APP_SECRET, DATABASE_URL, DATA_DIR }: Config): Finding {
  if (APP_SECRET === undefined) {
    const place = path.join(DATA_DIR, SECRET_FILE);
    if (DATABASE_URL === undefined) return ok(`Kept in ${place}`);
    return warn(`APP_SECRET is not set: the one in ${place} is used, which other instances do not have`, MAKE_ONE);
  }
  if (!isStrong(APP_SECRET)) {
    return warn('APP_SECRET can be guessed', `${MAKE_ONE}, and the old one as APP_SECRET_PREVIOUS once`);
  }
  return ok('APP_SECRET is set, and strong');
}

/** Whether the keys that are stored can be opened with the secret that the next start has. */
export async function checkSigningKeys(config: Config, dataSource: DataSource): Promise<Finding> {
  const keys = await dataSource.getRepository(SigningKey).find();
  if (keys.length === 0) return ok('None yet: the first start makes one');
  const secrets = [config.APP_SECRET ?? (await keptSecret(config)), config.APP_SECRET_PREVIOUS];
  const opens = (key: SigningKey) => secrets.some((secret) => secret !== undefined && isSealedWith(secret, key));
  if (keys.every(opens)) return ok(`${keys.length} in the database, stored under this secret`);
  return fail('The signing keys in the database cannot be opened', WRONG_SECRET);
}

function keptSecret({ DATA_DIR }: Config): Promise<string | undefined> {
  return fs.readFile(path.join(DATA_DIR, SECRET_FILE), 'utf8').catch(() => undefined);
}

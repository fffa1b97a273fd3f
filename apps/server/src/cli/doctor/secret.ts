import fs from 'node:fs/promises';
import path from 'node:path';
import { isSealedWith, SigningKey } from '@scan-login/nest/token';
import type { DataSource } from 'typeorm';
import { SECRET_FILE } from '../../app-secret.js';
import { type Config, isStrong } from '../../config.js';
import { WRONG_SECRET } from '../explain.js';
import { fail, type Finding, ok, warn } from './check.js';

const MAKE_ONE = 'Set APP_SECRET to the output of "openssl rand -base64 33", the same in every instance';

/** In production, a weak or missing secret is an error of the configuration already. */
export function checkSecret({ APP_SECRET, DATABASE_URL, DATA_DIR }: Config): Finding {
  if (APP_SECRET === undefined) {
    const place = path.join(DATA_DIR, SECRET_FILE);
    if (DATABASE_URL === undefined) return ok(`Kept in ${place}`);
    return warn(`APP_SECRET is not set: the one in ${place} is used, and other instances do not have it`, MAKE_ONE);
  }
  if (!isStrong(APP_SECRET)) {
    return warn('APP_SECRET can be guessed', `${MAKE_ONE}; set the old one as APP_SECRET_PREVIOUS for the next start`);
  }
  return ok('APP_SECRET is set and strong');
}

/** Checks that the stored keys can be decrypted with the configured secret. */
export async function checkSigningKeys(config: Config, dataSource: DataSource): Promise<Finding> {
  const keys = await dataSource.getRepository(SigningKey).find();
  if (keys.length === 0) return ok('None yet: the first start creates one');
  const secrets = [config.APP_SECRET ?? (await keptSecret(config)), config.APP_SECRET_PREVIOUS];
  const opens = (key: SigningKey) => secrets.some((secret) => secret !== undefined && isSealedWith(secret, key));
  if (keys.every(opens)) return ok(`${keys.length} in the database, encrypted with this secret`);
  return fail('The signing keys in the database cannot be decrypted', WRONG_SECRET);
}

function keptSecret({ DATA_DIR }: Config): Promise<string | undefined> {
  return fs.readFile(path.join(DATA_DIR, SECRET_FILE), 'utf8').catch(() => undefined);
}

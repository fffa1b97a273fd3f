import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { databaseUrl, TEMPLATE } from './template.js';

/** The search path of the tests' statements. Those of the server name their schema. */
const SEARCH_PATH = 'scan_login, public';

/** Runs one statement on its own connection. */
export async function query(url: string, sql: string): Promise<any[]> {
  const client = new Client({ connectionString: url, options: `-c search_path=${SEARCH_PATH.replaceAll(' ', '')}` });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A new database, migrated. @returns its URL */
export async function createDatabase({ migrated = true } = {}): Promise<string> {
  const server = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name} ${migrated ? `TEMPLATE ${TEMPLATE}` : ''}`);
  if (migrated) await client.query(`ALTER DATABASE ${name} SET search_path = ${SEARCH_PATH}`);
  await client.end();
  return databaseUrl(server, name);
}

import { reasonOf } from '../reason-of.js';

/** Connecting, or preparing the schema, failed for a reason that only a change of the database or of DATABASE_URL ends. */
export class DatabaseRefusal extends Error {
  override readonly name = 'DatabaseRefusal';

  constructor(
    readonly reason: string,
    readonly advice: string,
    cause: unknown,
  ) {
    super(`${reason}.\n${advice}.`, { cause });
  }
}

/** Turns an error of PostgreSQL into one that says what to type, if there is something; any other stays as it is. */
export function explained(error: unknown, url: string, schema: string): unknown {
  const { code, message } = errorOfPostgres(error);
  const { role, database } = namesIn(url);
  const advice = adviceOn(code, message, { role, database, schema });
  return advice === undefined ? error : new DatabaseRefusal(`${withoutPassword(url)}: ${message}`, advice, error);
}

/** The address of a database for messages: user, host, port and name. */
export function withoutPassword(url: string): string {
  const { protocol, username, host, pathname } = new URL(url);
  return `${protocol}//${username && `${username}@`}${host}${pathname}`;
}

interface Names {
  role: string;
  database: string;
  schema: string;
}

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
function adviceOn(code: string, message: string, { role, database, schema }: Names): string | undefined {
  const make = `CREATE ROLE ${role} LOGIN PASSWORD '…';`;
  if (code === '28P01' || message.includes('password must be a string')) {
    return `Correct user and password in DATABASE_URL, or set them in PostgreSQL: ALTER ROLE ${role} PASSWORD '…'; and if there is no such role: ${make}`;
  }
  if (code === '28000') {
    if (message.includes('does not exist')) return `Correct the user in DATABASE_URL, or in PostgreSQL: ${make}`;
    if (message.includes('no encryption')) return 'Add ?sslmode=require to DATABASE_URL, or change pg_hba.conf';
    return `Correct the user in DATABASE_URL, or allow it in pg_hba.conf of PostgreSQL`;
  }
  if (code === '3D000') {
    return `Create the database: CREATE DATABASE ${database} OWNER ${role}; or correct its name in DATABASE_URL`;
  }
  if (code === '42501' && message.includes('for database')) {
    return `In PostgreSQL: GRANT CONNECT, CREATE ON DATABASE ${database} TO ${role}; or, as its owner: CREATE SCHEMA ${schema} AUTHORIZATION ${role};`;
  }
  if (code === '42501') {
    return `Use the role that owns the tables in DATABASE_URL, or in PostgreSQL: ALTER SCHEMA ${schema} OWNER TO ${role}; and the same for its tables`;
  }
  return undefined;
}

/** Names as SQL has them: in double quotes where they need it. */
function namesIn(url: string): Pick<Names, 'role' | 'database'> {
  const { username, pathname } = new URL(url);
  const [role, database] = [username, pathname.slice(1)].map((text) => {
    const name = decodeURIComponent(text);
    return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
  });
  return { role: role!, database: database! };
}

/** TypeORM and the migrations wrap the error of the driver, which has the code. */
function errorOfPostgres(error: unknown): { code: string; message: string } {
  for (let each = error; each instanceof Error; each = each.cause ?? (each as { driverError?: unknown }).driverError) {
    const { code } = each as { code?: unknown };
    if (typeof code === 'string') return { code, message: each.message };
  }
  return { code: '', message: reasonOf(error) };
}

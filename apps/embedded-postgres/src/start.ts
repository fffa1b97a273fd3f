import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { openCluster, resetPassword, type Cluster } from './cluster.js';
import { launch, type Settings } from './launch.js';
import { ensureRole, rolePassword } from './role.js';
import { dropStaleLock, IDENTITY, readPostmaster, serves, stopServer, type Postmaster } from './postmaster.js';

export interface EmbeddedPostgres {
  /**
   * Connection URL of the application's role, which owns the database and is not a superuser. Secret: has the password.
   */
  url: string;
  /** The same for the superuser. */
  superuserUrl: string;
  pid: number;
  /** True when the server was running already, for example because its process was killed. */
  adopted: boolean;
  /** Shuts the server down, even if other processes use it; resolves when it has stopped. May be called twice. */
  stop(): Promise<void>;
}

/** A logger for events, such as pino. */
export interface Log {
  info(event: { event: string; msg: string }): void;
}

export interface EmbeddedPostgresOptions {
  /** Name of the application's role, in lower case. Default `app`. */
  role?: string;
  log?: Log;
  /** False is faster, for tests: a crash may lose the last commits, a power failure everything. Default true. */
  durable?: boolean;
  /** Default 100. */
  maxConnections?: number;
  /** Folder with `initdb` and `postgres`, version 17 or later. Default: the programs that npm installed. */
  binaries?: string;
}

const START_LIMIT_MS = 30_000;
/** Earlier versions started the server without the setting IDENTITY. */
const DATA = `SELECT COALESCE(current_setting('${IDENTITY}', true), current_setting('data_directory')) AS data`;
const RISKY: Settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Runs a private PostgreSQL server on 127.0.0.1.
 *
 * The server outlives this process unless `stop` is called. The next start on the same directory adopts it, with the
 * settings it has. When several processes start at once, one starts the server and the others adopt it.
 * @param dir created if missing, for the server alone; holds `data`, `password`, `postgres.log`
 * @throws Error that says what to do when the machine cannot run the server, or has the last lines of the server's log
 */
export async function startEmbeddedPostgres(
  dir: string,
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const { durable = true, maxConnections = 100, role = 'app', binaries, log } = options;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(role)) throw new TypeError(`"${role}" is not a plain name for a role`);
  log?.info({ event: 'database.starting', msg: `Starting the embedded PostgreSQL in ${dir}` });
  const cluster = await openCluster(path.resolve(dir), durable, binaries);
  const settings = { max_connections: maxConnections, ...(durable ? {} : RISKY) };
  const running = await findOrLaunch(cluster, role, settings);
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(role, rolePassword(cluster, role), running.port),
    superuserUrl: urlOf('postgres', cluster.password, running.port),
    pid: running.pid,
    adopted: running.adopted,
    stop: () => (stopped ??= stopServer(running.pid, cluster.data)),
  };
}

async function findOrLaunch(
  cluster: Cluster,
  role: string,
  settings: Settings,
): Promise<Postmaster & { adopted: boolean }> {
  let mayReset = true;
  let obstacle: unknown;
  const note = (error: unknown) => (obstacle = error);
  for (const until = Date.now() + START_LIMIT_MS; Date.now() < until; await sleep(50)) {
    const running = readPostmaster(cluster.data);
    if (running && serves(running.pid, cluster.data)) {
      const result = await login(cluster, role, running.port, note);
      if (result === 'let in') return { ...running, adopted: true };
      if (result === 'refused') throw refusal(cluster, running.pid);
      continue; // it is starting, or stopping
    }
    dropStaleLock(cluster.data);
    const launched = await launch(cluster, settings);
    if (!launched) continue;
    const result = await login(cluster, role, launched.port, note);
    if (result === 'let in') return { ...launched, adopted: false };
    await stopServer(launched.pid, cluster.data);
    if (result === 'no response') continue;
    if (!mayReset) throw refusal(cluster, launched.pid);
    await resetPassword(cluster);
    mayReset = false;
  }
  const why = obstacle instanceof Error ? ` (${obstacle.message})` : '';
  throw new Error(
    `${cluster.dir} is held by another PostgreSQL that accepts no connection${why}; see postgres.log in it`,
    {
      cause: obstacle,
    },
  );
}

/**
 * Logs in, and checks which data directory the server has: the port may belong to another program by now. Then sets up
 * the application's role.
 */
async function login(
  cluster: Cluster,
  role: string,
  port: number,
  note: (error: unknown) => void,
): Promise<'let in' | 'refused' | 'no response'> {
  const limits = { connectionTimeoutMillis: 5000, query_timeout: 5000 };
  const url = urlOf('postgres', cluster.password, port);
  const client = new Client({ connectionString: url, ssl: false, ...limits });
  client.on('error', () => undefined); // a server that stops meanwhile: the query below fails
  try {
    await client.connect();
    const { rows } = await client.query<{ data: string }>(DATA);
    if (rows[0]?.data !== cluster.data) return 'no response';
    await ensureRole(client, role, rolePassword(cluster, role));
    return 'let in';
  } catch (error) {
    note(error);
    return (error as { code?: string }).code === '28P01' ? 'refused' : 'no response';
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(role: string, password: string, port: number): string {
  return `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
}

function refusal(cluster: Cluster, pid: number): Error {
  const file = path.join(cluster.dir, 'password');
  return new Error(
    `The PostgreSQL with pid ${pid} does not take the password in ${file}: restore the file, or stop that server`,
  );
}

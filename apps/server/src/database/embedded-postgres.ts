import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { openCluster, resetPassword, type Cluster } from './postgres-cluster.js';
import { launch, type Settings } from './postgres-launch.js';
import { ensureRole, ROLE, rolePassword } from './postgres-role.js';
import { dropStaleLock, IDENTITY, readPostmaster, serves, stopServer, type Postmaster } from './postmaster.js';

export interface EmbeddedPostgres {
  /** Connection URL of a role that is no superuser and owns the database, password included: a secret. */
  url: string;
  /** The same of the superuser. */
  superuserUrl: string;
  pid: number;
  /** True when the server was running already, left behind by a process that was killed. */
  adopted: boolean;
  /** Shuts the server down, whoever else uses it, and resolves when it is gone. May be called twice. */
  stop(): Promise<void>;
}

interface EmbeddedPostgresOptions {
  /** False is faster, for tests: a crash may lose the last commits, a power cut everything. Default true. */
  durable?: boolean;
  /** Default 100. */
  maxConnections?: number;
  /** Folder with `initdb` and `postgres`, version 17 or later (PG_BIN). Default: the ones that npm installed. */
  binaries?: string;
}

const PATIENCE = 30_000;
/** An earlier version started the server with the directory alone. */
const DATA = `SELECT COALESCE(current_setting('${IDENTITY}', true), current_setting('data_directory')) AS data`;
const RISKY: Settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Runs a PostgreSQL of our own on 127.0.0.1, for those who set no DATABASE_URL.
 *
 * It outlives this process unless `stop` is called, and the next start on the same directory adopts it, with the
 * settings it has. Of several processes that start at once one starts the server and the others adopt it.
 * @param dir made where missing, and all the server's; holds `data`, `password`, `postgres.log`
 * @throws Error saying what to do, when the machine cannot run it; else with the last lines of the server's log
 */
export async function startEmbeddedPostgres(
  dir: string,
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const { durable = true, maxConnections = 100, binaries } = options;
  const cluster = await openCluster(path.resolve(dir), durable, binaries);
  const running = await findOrLaunch(cluster, { max_connections: maxConnections, ...(durable ? {} : RISKY) });
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(ROLE, rolePassword(cluster), running.port),
    superuserUrl: urlOf('postgres', cluster.password, running.port),
    pid: running.pid,
    adopted: running.adopted,
    stop: () => (stopped ??= stopServer(running.pid, cluster.data)),
  };
}

async function findOrLaunch(cluster: Cluster, settings: Settings): Promise<Postmaster & { adopted: boolean }> {
  let mayReset = true;
  let obstacle: unknown;
  const note = (error: unknown) => (obstacle = error);
  for (const until = Date.now() + PATIENCE; Date.now() < until; await sleep(50)) {
    const running = readPostmaster(cluster.data);
    if (running && serves(running.pid, cluster.data)) {
      const answer = await login(cluster, running.port, note);
      if (answer === 'let in') return { ...running, adopted: true };
      if (answer === 'refused') throw refusal(cluster, running.pid);
      continue; // it is starting, or stopping
    }
    dropStaleLock(cluster.data);
    const launched = await launch(cluster, settings);
    if (!launched) continue;
    const answer = await login(cluster, launched.port, note);
    if (answer === 'let in') return { ...launched, adopted: false };
    await stopServer(launched.pid, cluster.data);
    if (answer === 'no answer') continue;
    if (!mayReset) throw refusal(cluster, launched.pid);
    await resetPassword(cluster);
    mayReset = false;
  }
  const why = obstacle instanceof Error ? ` (${obstacle.message})` : '';
  throw new Error(`${cluster.dir} is held by another PostgreSQL that lets nobody in${why}; see postgres.log in it`, {
    cause: obstacle,
  });
}

/**
 * A real login, and a look at the data behind it: an open port proves nothing, it may be another program's by now. With
 * it the application's role is made ready.
 */
async function login(
  cluster: Cluster,
  port: number,
  note: (error: unknown) => void,
): Promise<'let in' | 'refused' | 'no answer'> {
  const limits = { connectionTimeoutMillis: 5000, query_timeout: 5000 };
  const url = urlOf('postgres', cluster.password, port);
  const client = new Client({ connectionString: url, ssl: false, ...limits });
  client.on('error', () => undefined); // a server that stops meanwhile; the query below fails then
  try {
    await client.connect();
    const { rows } = await client.query<{ data: string }>(DATA);
    if (rows[0]?.data !== cluster.data) return 'no answer';
    await ensureRole(client, rolePassword(cluster));
    return 'let in';
  } catch (error) {
    note(error);
    return (error as { code?: string }).code === '28P01' ? 'refused' : 'no answer';
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
    `The PostgreSQL with pid ${pid} does not take the password in ${file}: restore it, or end that server`,
  );
}

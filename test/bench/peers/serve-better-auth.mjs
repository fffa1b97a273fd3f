// better-auth with its device authorization plugin, on PostgreSQL, as its documentation sets it up; only its limit of
// calls is off, as ours is.
import http from 'node:http';
import { once } from 'node:events';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { bearer, deviceAuthorization } from 'better-auth/plugins';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.DATABASE_POOL) });
const server = http.createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 });
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: 'only-for-measuring-Zk3v9QmB7xW1tR5yL8dN2pH6sJ4cF0g',
  database: pool,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
  plugins: [deviceAuthorization(), bearer()],
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();
const handle = toNodeHandler(auth);
server.on('request', (request, response) => void handle(request, response));

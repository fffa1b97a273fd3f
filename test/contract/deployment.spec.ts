import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createClient } from 'redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { Environment, readConfig } from '../../apps/server/src/config.js';
import { startAppForTest } from '../support/app.js';
import { freePort } from '../support/free-port.js';
import { hasRedis } from '../support/redis.js';

interface Service {
  build?: string;
  image: string;
  environment?: Record<string, string>;
  command?: string[];
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  restart?: string;
  stop_grace_period?: string;
  user?: string;
  read_only?: boolean;
  tmpfs?: string[];
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  mem_limit?: string;
  pids_limit?: number;
  ulimits?: { nofile?: number };
  networks: string[] | Record<string, { ipv4_address: string }>;
}

const compose = parse(readFileSync('compose.yaml', 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const { services } = compose;
const instances = Object.entries(services).filter(([, { build }]) => build !== undefined);

/** .env.example with test values for what an operator has to fill in. */
const example = Object.fromEntries(
  [...readFileSync('.env.example', 'utf8').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
);
const filledIn: Record<string, string> = {
  ...example,
  PUBLIC_URL: 'https://login.example.org',
  APP_SECRET: randomBytes(33).toString('base64'),
  FRONT_PROXY: '10.89.42.1',
  POSTGRES_PASSWORD: randomBytes(24).toString('hex'),
  REDIS_PASSWORD: randomBytes(24).toString('hex'),
};

/** `$$`, `${NAME}`, `${NAME:-otherwise}` and `${NAME:?complaint}`, as compose reads them. */
function interpolate(text: string, values: Record<string, string>): string {
  return text.replace(/\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})/g, (_, name?: string, kind?: string, rest?: string) => {
    if (name === undefined) return '$';
    if (values[name]) return values[name];
    if (kind === '-') return rest!;
    throw new Error(`${name}: ${rest ?? 'is not set'}`);
  });
}

function addressOf({ networks }: Service): string {
  return (networks as Record<string, { ipv4_address: string }>)['inside']!.ipv4_address;
}

/** Instructions, each on one line: of all stages, or of the last. */
const dockerfile = readFileSync('Dockerfile', 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter(Boolean)
  .map((line) => [line.split(' ', 1)[0]!, line.slice(line.indexOf(' ') + 1)] as const);
const lastStage = dockerfile.slice(dockerfile.findLastIndex(([name]) => name === 'FROM'));
const all = (stage: typeof dockerfile, name: string) => stage.filter(([each]) => each === name).map(([, rest]) => rest);

describe('compose.yaml', () => {
  it('starts two instances whose configuration is valid in production', () => {
    expect(instances.map(([name]) => name)).toEqual(['app-1', 'app-2']);
    for (const [, { environment = {} }] of instances) {
      expect(Object.keys(Environment.shape)).toEqual(expect.arrayContaining(Object.keys(environment)));
      const values = Object.entries(environment).map(([name, value]) => [name, interpolate(value, filledIn)]);
      const config = readConfig(Object.fromEntries(values) as Record<string, string>);
      expect(config.isProduction).toBe(true);
      expect(config.PORT).toBe(3000);
      expect(new URL(config.DATABASE_URL!)).toMatchObject({ hostname: 'postgres', username: 'scan_login' });
      const password = filledIn['REDIS_PASSWORD'];
      expect(new URL(config.REDIS_URL!)).toMatchObject({ hostname: 'redis', port: '6379', username: '', password });
      expect(config.TRUST_PROXY).toEqual([addressOf(services['nginx']!), filledIn['FRONT_PROXY']]);
    }
  });

  const unset = ['PUBLIC_URL', 'FRONT_PROXY', 'APP_SECRET', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD'];
  it.each(unset)('does not start without %s', (name) => {
    expect(example[name]).toBe('');
    const text = JSON.stringify(services);
    expect(() => interpolate(text, { ...filledIn, [name]: '' })).toThrow(`${name}: set it in .env`);
    expect(() => interpolate(text, filledIn)).not.toThrow();
  });

  it('asks for exactly the variables that .env.example has', () => {
    const asked = [...JSON.stringify(services).matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    expect(new Set(asked)).toEqual(new Set(Object.keys(example)));
  });

  it('has a health check for each service, and starts services after those that they need', () => {
    for (const [name, { healthcheck, build, restart, depends_on = {} }] of Object.entries(services)) {
      expect(restart, name).toBe('unless-stopped');
      // the instances have theirs from the Dockerfile
      if (build === undefined) expect(healthcheck?.test.length, name).toBeGreaterThan(1);
      for (const needed of Object.keys(depends_on)) {
        expect(Object.keys(services)).toContain(needed);
        expect(depends_on[needed]).toEqual({ condition: 'service_healthy' });
      }
    }
    for (const [, { depends_on }] of instances) expect(Object.keys(depends_on!).sort()).toEqual(['postgres', 'redis']);
    expect(Object.keys(services['nginx']!.depends_on!)).toEqual(instances.map(([name]) => name));
  });

  it('gives each instance the time to answer what it holds', () => {
    for (const [, { stop_grace_period }] of instances) expect(Number.parseInt(stop_grace_period!)).toBeGreaterThan(14);
    expect(Number.parseInt(services['nginx']!.stop_grace_period!)).toBeGreaterThan(readConfig({}).POLL_HOLD);
  });

  it("publishes the proxy alone, and on this machine's loopback unless configured otherwise", () => {
    const open = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(open.map(([name, port]) => [name, interpolate(port!, {})])).toEqual([['nginx', '127.0.0.1:8080:80']]);
  });

  it('lets no service take all memory, processes or files of the machine', () => {
    for (const [name, { mem_limit, pids_limit, ulimits }] of Object.entries(services)) {
      expect(mem_limit, name).toMatch(/^\d+[mg]$/);
      expect(pids_limit, name).toBeLessThanOrEqual(200);
      expect(ulimits?.nofile, name).toBeGreaterThan(1024);
    }
  });

  it('runs each service without capabilities, not as root, and with nothing writable but what it needs', () => {
    for (const [name, { build, user, read_only, cap_drop, cap_add, security_opt, tmpfs = [] }] of Object.entries(
      services,
    )) {
      expect({ read_only, cap_drop, cap_add, security_opt }, name).toEqual({
        read_only: true,
        cap_drop: ['ALL'],
        cap_add: undefined,
        security_opt: ['no-new-privileges:true'],
      });
      // the instances have theirs from the Dockerfile, and write nothing
      if (build === undefined)
        expect({ user, hasTmpfs: tmpfs.length > 0 }, name).toEqual({ user: name, hasTmpfs: true });
    }
  });

  it.runIf(hasRedis)('has a Redis that lets in the instances, by their password, and no other client', async () => {
    const { environment = {}, command = [], healthcheck } = services['redis']!;
    const port = await freePort();
    const env = {
      PATH: process.env['PATH'],
      REDISCLI_AUTH: interpolate(environment['REDISCLI_AUTH']!, filledIn),
    };
    const [program, ...rest] = command.map((text) =>
      interpolate(text, filledIn).replace('redis-server -', `redis-server - --port ${port}`),
    );
    const server = spawn(program!, rest, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      server.kill('SIGTERM');
      await once(server, 'exit');
    });
    await new Promise<void>((resolve) => {
      server.stdout.on('data', (text: Buffer) => text.includes('Ready to accept connections') && resolve());
    });
    const stranger = { PATH: env.PATH };
    const publish = ['-p', String(port), 'PUBLISH', 'scan-login:signal:{0}', 'x'];
    expect(spawnSync('redis-cli', publish, { env: stranger, encoding: 'utf8' }).stdout).toContain('NOAUTH');
    const url = interpolate(instances[0]![1].environment!['REDIS_URL']!, filledIn);
    const client = createClient({ url: url.replace('redis:6379', `127.0.0.1:${port}`) });
    await client.connect();
    expect(await client.ping()).toBe('PONG');
    client.destroy();
    // the health check needs the password too
    const [, ask] = healthcheck!.test as [string, string];
    const asked = (more: object) =>
      spawnSync('sh', ['-c', ask.replace('redis-cli', `redis-cli -p ${port}`)], { env: { ...env, ...more } }).status;
    expect([asked({}), asked({ REDISCLI_AUTH: 'wrong' })]).toEqual([0, 1]);
    // the password does not show in the process list
    expect(rest.join(' ')).not.toContain(filledIn['REDIS_PASSWORD']);
  });

  it('mounts files that exist, and keeps the database in a declared volume', () => {
    const mounted = Object.values(services).flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')));
    for (const [from] of mounted) {
      if (from!.startsWith('.')) expect(existsSync(from!), from).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(from);
    }
    // since 18 the image keeps its data one level deeper, and the volume outlives the container
    expect(services['postgres']!.image).toMatch(/^postgres:18\b/);
    expect(services['postgres']!.volumes).toEqual(['postgres:/var/lib/postgresql']);
  });
});

/** One of the files of the proxy, without comments. */
const read = (file: string) => readFileSync(`deploy/nginx/${file}`, 'utf8').replaceAll(/#.*$/gm, '');

describe('deploy/nginx', () => {
  it('forwards to the very instances of compose.yaml', () => {
    const addresses = [...read('instances.conf').matchAll(/^ *server (\S+)/gm)].map(([, address]) => address);
    expect(addresses).toEqual(instances.map(([, service]) => `${addressOf(service)}:3000`));
  });

  it('waits for a response longer than a poll is held', () => {
    const seconds = Number(/proxy_read_timeout (\d+)s;/.exec(read('nginx.conf'))![1]);
    expect(seconds).toBeGreaterThanOrEqual(readConfig({}).POLL_HOLD + 10);
  });

  it('is mounted where its includes are looked for', () => {
    const mounted = services['nginx']!.volumes!.map((volume) => volume.split(':')[1]);
    const included = [...read('nginx.conf').matchAll(/include (\S+);/g)].map(([, file]) => file!);
    const made = included.filter((file) => file.startsWith('conf.d/'));
    const given = included.filter((file) => !file.startsWith('conf.d/')).map((file) => `/etc/nginx/${file}`);
    expect(new Set(mounted)).toEqual(new Set(['/etc/nginx/nginx.conf', '/etc/nginx/templates', ...given]));
    expect(read('listen.conf')).toMatch(/^listen 80 /m);
    // the image makes these from the templates, in a writable directory
    expect(made).toEqual(
      readdirSync('deploy/nginx/templates').map((file) => `conf.d/${file.replace('.template', '')}`),
    );
    expect(services['nginx']!.tmpfs).toContain('/etc/nginx/conf.d');
  });

  it('believes the proxy in front that .env names, and no other', () => {
    const template = read('templates/front-proxy.conf.template');
    expect(template.match(/set_real_ip_from \S+;/g)).toEqual(['set_real_ip_from ${FRONT_PROXY};']);
    expect(read('listen.conf')).not.toContain('set_real_ip_from');
    expect(Object.keys(services['nginx']!.environment!)).toEqual(['FRONT_PROXY']);
    expect(read('nginx.conf')).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
  });
});

describe('the Dockerfile', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    engines: { node: string };
    workspaces: string[];
  };

  it('is built and run on a Node version that package.json allows', () => {
    const images = all(dockerfile, 'FROM');
    expect(images).toEqual(['node:24-slim AS build', 'node:24-slim']);
    expect(manifest.engines.node).toContain('>=24.');
  });

  it('copies files that exist, and that .dockerignore does not exclude', () => {
    const allowed = [...readFileSync('.dockerignore', 'utf8').matchAll(/^!(.*)$/gm)].map(([, name]) => name!);
    const copied = all(dockerfile, 'COPY')
      .filter((rest) => !rest.startsWith('--from'))
      .flatMap((rest) => rest.split(' ').slice(0, -1));
    expect(copied.length).toBeGreaterThan(8);
    for (const file of copied) expect(existsSync(file), file).toBe(true);
    expect(new Set(copied.map((file) => file.split('/')[0]))).toEqual(new Set(allowed));
    expect(readFileSync('.dockerignore', 'utf8')).toMatch(/^\*$/m);
  });

  it('has the manifests of all workspaces before it installs', () => {
    const before = dockerfile.slice(
      0,
      dockerfile.findIndex(([, rest]) => rest === 'npm ci'),
    );
    for (const folder of manifest.workspaces)
      expect(all(before, 'COPY')).toContain(`${folder}/package.json ${folder}/`);
  });

  it('runs the built server itself, as an unprivileged user, and lets it receive the stop signal', () => {
    expect(all(lastStage, 'USER')).toEqual(['node']);
    expect(all(lastStage, 'ENV')).toContain('NODE_ENV=production');
    expect(all(lastStage, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(all(lastStage, 'EXPOSE')).toEqual(['3000']);
    const [command] = all(lastStage, 'CMD').map((json) => JSON.parse(json) as string[]);
    expect(command).toEqual(['node', 'dist/apps/server/src/main.js']);
    // `npm test` has built it
    expect(existsSync(command![1]!)).toBe(true);
  });

  it('includes the native parts of packages', () => {
    expect(all(dockerfile, 'RUN').join('\n')).not.toMatch(/--omit[= ]optional|--no-optional|npm install/);
  });

  it("checks the server's health in a way that tells a running one from a dead one", async () => {
    const [, json] = /CMD (\[.*)$/.exec(all(lastStage, 'HEALTHCHECK')[0]!)!;
    const [, ...command] = JSON.parse(json!) as string[];
    const ask = async (port: string) =>
      (await once(spawn(process.execPath, command, { env: { PORT: port } }), 'exit'))[0];
    const server = await startAppForTest();
    const { port } = new URL(server.url);
    expect(await ask(port)).toBe(0);
    await server.close();
    expect(await ask(port)).toBe(1);
  });
});

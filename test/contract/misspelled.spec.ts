import { expect, it } from 'vitest';
import { Environment, readConfig } from '../../apps/server/src/config.js';
import { scanLogin } from '../support/program.js';
import { runServerProcess } from '../support/server-process.js';

const meant = (environment: Record<string, string>) => readConfig(environment).misspelled.map((each) => each.meant);

it.each([
  ['CORS_ORIGIN', 'CORS_ORIGINS'],
  ['TICKET_LIVE', 'TICKET_LIFE'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['PUBLIC_URI', 'PUBLIC_URL'],
  ['TRUSTED_PROXY', 'TRUST_PROXY'],
  ['DATADIR', 'DATA_DIR'],
  ['APP_SECRETS', 'APP_SECRET'],
  ['log_level', 'LOG_LEVEL'],
  ['port', 'PORT'],
])('the variable %s is ignored, and is taken for a misspelled %s', (given, name) => {
  expect(meant({ [given]: 'x' })).toEqual([name]);
  expect(meant({ [given]: '' })).toEqual([]);
});

it('no variable of other programs is taken for a misspelled one of ours', () => {
  const others = `
    PATH HOME HOSTNAME HOSTTYPE POST PORTS HOSTS USER SHELL TERM PWD OLDPWD LANG TZ EDITOR DISPLAY SSH_TTY LOGNAME
    NODE_OPTIONS NODE_PATH NODE_VERSION YARN_VERSION NPM_TOKEN npm_config_user_agent npm_lifecycle_event npm_package_json
    PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGDATA POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_URL
    REDIS_HOST REDIS_PORT REDIS_PASSWORD REDISCLI_AUTH XDG_DATA_DIRS XDG_DATA_HOME CI DEBUG SECRET API_KEY API_URL APP_ENV
    APP_URL APP_NAME LOG_DIR LOG_FORMAT LOGS_DIR BASE_URL PUBLIC_DIR PUBLIC_KEY SESSION_SECRET SCREENDIR HTTP_PROXY
    HTTPS_PROXY NO_PROXY KUBERNETES_SERVICE_HOST KUBERNETES_PORT DATABASE_HOST DATABASE_USER DATABASE_PASSWORD FRONT_PROXY`;
  const names = others.trim().split(/\s+/);
  expect(meant(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
  const { shape } = Environment;
  const foreign = Object.entries(process.env).filter(([name]) => !(name in shape));
  expect(meant(Object.fromEntries(foreign) as Record<string, string>)).toEqual([]);
});

it('a misspelled variable is named beside the error that the right one is missing', async () => {
  const { status, output } = await runServerProcess({ NODE_ENV: 'production', DATABASE_URI: 'postgres://localhost/x' });
  expect(status).toBe(1);
  expect(output).toContain('  DATABASE_URL: Must be set in production');
  expect(output).toContain('  DATABASE_URI: is not a variable of scan-login: is DATABASE_URL meant?');
});

it('a misspelled variable is named in one line of the log when a server starts, and by doctor', async () => {
  const environment = {
    CORS_ORIGIN: 'https://app.example.org',
    HOST: 'no-such-host.invalid',
    DATA_DIR: '/nonexistent/x',
  };
  const { output } = await runServerProcess(environment);
  const lines = output.split('\n').filter((line) => line.includes('CORS_ORIGIN'));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 40, event: 'config.misspelled', msg: expect.stringContaining('is CORS_ORIGINS meant?') },
  ]);
  const { stdout } = await scanLogin(['doctor', '--json'], environment);
  const { checks } = JSON.parse(stdout) as { checks: object[] };
  expect(checks).toContainEqual(
    expect.objectContaining({
      name: 'configuration',
      result: 'warn',
      message: expect.stringContaining('CORS_ORIGINS'),
    }),
  );
});

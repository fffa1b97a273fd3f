import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import { runServer } from 'verdaccio';
import { ROOT } from './environment.mjs';
import { run } from './processes.mjs';

/**
 * A registry on loopback that has our packages, and fetches all others from where npm would fetch them.
 * @param {string} folder for what is published
 * @param {string[]} names of our packages: never fetched from elsewhere
 */
export async function startRegistry(folder, names) {
  await fs.mkdir(folder, { recursive: true });
  const upstream = (await run('npm', ['config', 'get', 'registry'], { cwd: ROOT })).trim();
  const ours = Object.fromEntries(names.map((name) => [name, { access: '$all', publish: '$all' }]));
  const server = await runServer({
    storage: folder,
    self_path: path.join(folder, 'config.yaml'),
    configPath: path.join(folder, 'config.yaml'),
    auth: { htpasswd: { file: path.join(folder, 'htpasswd') } },
    uplinks: { upstream: { url: upstream, cache: false, maxage: '1h', timeout: '60s' } },
    packages: { ...ours, '**': { access: '$all', proxy: 'upstream' } },
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'error' },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}/`,
    /** What npm needs in its configuration to install from here, and to publish. */
    npmrc: [
      `registry=http://127.0.0.1:${port}/`,
      // npm publishes nothing without a token; this registry takes any
      `//127.0.0.1:${port}/:_authToken=anybody`,
      'audit=false',
      'fund=false',
      'update-notifier=false',
      // the lock files are to say where a package came from
      'omit-lockfile-registry-resolved=false',
      '',
    ].join('\n'),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

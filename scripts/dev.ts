// `npm run dev`: builds what changes, and starts the server again. Ctrl-C stops all of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { build, type Plugin } from 'vite';

const ROOT = process.cwd();
const WEB = path.join(ROOT, 'apps/web');
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc');
const SERVER = path.join(ROOT, 'dist/apps/server/src/main.js');
/** The server, and what it imports. */
const PROJECTS = ['libs', 'apps/embedded-postgres', 'tsconfig.build.json'];
/** What the server serves. */
const PAGES = ['vite.config.ts', 'vite.component.config.ts', 'vite.key.config.ts'];

const children: ChildProcess[] = [];

function run(...parameters: string[]): void {
  children.push(spawn(process.execPath, parameters, { cwd: ROOT, stdio: 'inherit' }));
}

/** Resolves after the first compilation: it may write every file, and a server that starts meanwhile reads half of one. */
async function compile(project: string): Promise<void> {
  const parameters = [TSC, '-p', project, '--watch', '--preserveWatchOutput'];
  const compiler = spawn(process.execPath, parameters, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(compiler);
  compiler.stdout.pipe(process.stdout, { end: false });
  await new Promise<void>((resolve) => {
    compiler.stdout.on('data', (text: Buffer) => text.includes('Watching for file changes') && resolve());
  });
}

const announce: Plugin = {
  name: 'announce',
  writeBundle: (_options, bundle) => console.log(`pages: wrote ${Object.keys(bundle).length} files`),
};

/** Every configuration writes into one folder: none of them may empty it when it builds again. */
async function watchPages(): Promise<void> {
  for (const name of PAGES) {
    await build({
      root: WEB,
      configFile: path.join(WEB, name),
      logLevel: 'warn',
      clearScreen: false,
      build: { watch: {}, emptyOutDir: false },
      plugins: [announce],
    });
  }
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
  const exits = running.map((child) => once(child, 'exit'));
  for (const child of running) child.kill(signal);
  await Promise.all(exits);
  process.exit(0);
}

// npm hands on a Ctrl-C that the terminal sends as well
process.once('SIGINT', () => void stop('SIGINT'));
process.once('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => undefined);

await Promise.all(PROJECTS.map((project) => compile(project)));
// it follows the imports, into the built libs as well; started before Vite, which sets NODE_ENV=production; --inspect may be given
run('--watch', '--watch-preserve-output', '--enable-source-maps', ...process.argv.slice(2), SERVER);
await watchPages();

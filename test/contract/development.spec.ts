import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

type Json = Record<string, unknown>;

const text = (file: string) => readFileSync(file, 'utf8');
const json = (file: string): unknown => JSON.parse(text(file));

const manifests = execFileSync('git', ['ls-files', '--', '*package.json'], { encoding: 'utf8' }).trim().split('\n');

describe('the development set-up', () => {
  it('installs in the dev container what .ci/run installs', () => {
    const needed = [...text('.ci/run').matchAll(/missing\+=\(([\w-]+)\)/g)].map(([, name]) => name!);
    expect(needed).toContain('chromium');
    const [, installed] = /apt-get install -y --no-install-recommends (.*?) \\\n/.exec(
      text('.devcontainer/Dockerfile'),
    )!;
    expect(installed!.split(' ').sort()).toEqual(needed.sort());
    const { build } = json('.devcontainer/devcontainer.json') as { build: { dockerfile: string } };
    expect(existsSync(path.join('.devcontainer', build.dockerfile))).toBe(true);
  });

  it('installs no package that refuses a Node version which we support, so that npm warns of none', () => {
    type Locked = { engines?: { node?: string } };
    const { packages } = json('package-lock.json') as { packages: Record<string, Locked> };
    const { engines } = json('package.json') as { engines: { node: string } };
    const refuses = ([, { engines: theirs }]: [string, Locked]) => !semver.subset(engines.node, theirs?.node ?? '*');
    expect(Object.entries(packages).filter(refuses)).toEqual([]);
  });

  it('names in README the lowest version of each line of Node that package.json allows', () => {
    const { engines } = json('package.json') as { engines: { node: string } };
    const lowest = [...engines.node.matchAll(/(\d+\.\d+)\.0/g)].map(([, version]) => version!);
    for (const file of ['README.md', 'README.zh-CN.md']) {
      const told = /^.*\[Node\.js\].*$/m.exec(text(file))![0];
      expect(told.match(/\d+\.\d+/g)!.sort(), file).toEqual(lowest.sort());
    }
  });

  it('debugs programs that exist, after tasks that exist', () => {
    const { scripts } = json('package.json') as { scripts: Record<string, string> };
    const { configurations } = json('.vscode/launch.json') as {
      configurations: { program?: string; preLaunchTask?: string }[];
    };
    for (const { program, preLaunchTask } of configurations) {
      if (program) expect(existsSync(program.replace('${workspaceFolder}', '.')), program).toBe(true);
      if (preLaunchTask) expect(scripts).toHaveProperty(preLaunchTask.replace(/^npm: /, ''));
    }
  });

  it('draws in docs/architecture.md the one way of imports that is checked', () => {
    const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
      forbidden: { name: string }[];
    };
    const order = forbidden.map(({ name }) => /^(.*)-imports-only-what-is-below$/.exec(name)?.[1]).filter(Boolean);
    const drawing = text('docs/architecture.md');
    const libs = new Map([...drawing.matchAll(/^ +(\w+)\["([\w-]+)<br\/>/gm)].map(([, id, name]) => [id!, name!]));
    for (const name of order) expect([...libs.values()]).toContain(name);
    const arrows = [...drawing.matchAll(/^ +(\w+(?: --> \w+)+)$/gm)].flatMap(([, chain]) => {
      const ids = chain!.split(' --> ');
      return ids.slice(1).map((to, index) => [ids[index]!, to].map((id) => order.indexOf(libs.get(id))));
    });
    const between = arrows.filter(([from, to]) => from !== -1 && to !== -1);
    expect(between.length).toBeGreaterThanOrEqual(order.length - 1);
    for (const [from, to] of between) expect(from).toBeGreaterThan(to!);
  });
});

describe.each(['docs/architecture.md', 'CONTRIBUTING.md', 'apps/example-shop/README.md', 'test/packages/README.md'])(
  '%s',
  (file) => {
    it('links to nothing that is not there', () => {
      for (const [, target] of text(file).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        expect(existsSync(path.join(path.dirname(file), target!)), target).toBe(true);
      }
    });
  },
);

describe('the workflows on GitHub', () => {
  interface Workflow {
    on: Json;
    jobs: Record<
      string,
      { permissions?: Json; needs?: string; strategy?: { matrix: { node: number[] } }; steps?: Step[] }
    >;
  }
  interface Step {
    uses?: string;
    run?: string;
    with?: Record<string, string>;
  }
  const workflow = (name: string) => parse(text(`.github/workflows/${name}.yml`)) as Workflow;

  it('run .ci/run on each line of Node that package.json allows', () => {
    const { ci } = workflow('ci').jobs;
    expect(ci!.steps!.map(({ run }) => run)).toContain('bash .ci/run');
    const { engines } = json('package.json') as { engines: { node: string } };
    const lines = [...engines.node.matchAll(/(\d+)\.\d+\.\d+/g)].map(([, major]) => Number(major));
    expect(ci!.strategy!.matrix.node).toEqual(lines);
  });

  it('publish with provenance, and only what CI has passed', () => {
    const { publish, ci } = workflow('release').jobs;
    expect(publish!.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(publish!.needs).toBe('ci');
    expect(ci!.needs).toBe('release-please');
    expect(publish!.steps!.at(-1)!.run).toContain('--provenance');
  });
});

/** Of JSONPath what release-please-config.json uses: `$.a['b'].*`. */
function valuesAt(value: unknown, steps: readonly string[]): unknown[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  const found = step === '*' ? Object.values(value) : step in value ? [(value as Json)[step]] : [];
  return found.flatMap((each) => valuesAt(each, rest));
}

const stepsOf = (jsonpath: string) =>
  [...jsonpath.matchAll(/\.(\w+|\*)|\['([^']+)'\]/g)].map(([, plain, quoted]) => (plain ?? quoted)!);

describe('a release', () => {
  const { packages } = json('release-please-config.json') as {
    packages: { '.': { 'extra-files': { path: string; jsonpath: string }[] } };
  };
  const bumped = packages['.']['extra-files'];
  const { version } = json('package.json') as { version: string };

  it('finds a version at each place that it is told to raise', () => {
    for (const { path: file, jsonpath } of bumped) {
      const values = valuesAt(json(file), stepsOf(jsonpath));
      expect(values.length, `${file} ${jsonpath}`).toBeGreaterThan(0);
      for (const value of values) expect(value, `${file} ${jsonpath}`).toMatch(new RegExp(`^\\^?${version}$`));
    }
  });

  it('raises the version of each package, and of each dependency on one', () => {
    const ours = new Set(manifests.map((file) => (json(file) as { name?: string }).name));
    const { workspaces } = json('package.json') as { workspaces: string[] };
    const told = new Set(bumped.map(({ path: file, jsonpath }) => `${file} ${stepsOf(jsonpath).join('/')}`));
    for (const folder of workspaces) {
      expect(told).toContain(`${folder}/package.json version`);
      expect(told).toContain(`package-lock.json packages/${folder}/version`);
    }
    for (const file of manifests) {
      const { dependencies = {}, devDependencies = {} } = json(file) as Record<string, Record<string, string>>;
      for (const [kind, names] of Object.entries({ dependencies, devDependencies })) {
        for (const name of Object.keys(names).filter((each) => ours.has(each))) {
          expect(told).toContain(`${file} ${kind}/${name}`);
          const isLocked = file === 'package.json' || workspaces.includes(path.dirname(file));
          if (isLocked) expect(told).toContain(`package-lock.json packages/*/${kind}/${name}`);
        }
      }
    }
  });
});

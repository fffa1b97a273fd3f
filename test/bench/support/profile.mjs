import fs from 'node:fs/promises';
import path from 'node:path';
import { markdownTable } from './figures.mjs';

const RESULTS = path.resolve(import.meta.dirname, '../results');
const MOST = 20;

/** Writes the profile, and reports in which functions and packages the time was spent. */
export async function saveProfile(profile) {
  const file = path.join(RESULTS, 'logins.cpuprofile');
  await fs.mkdir(RESULTS, { recursive: true });
  await fs.writeFile(file, JSON.stringify(profile));
  const times = ownTimes(profile);
  const byFunction = shares(times, ({ frame, within }) => `${nameOf(frame)} ${place(within)}`);
  const byPackage = shares(times, ({ caller }) => packageOf(caller.url));
  return {
    profile: file,
    tables: [
      markdownTable(['own time, by function', '%'], byFunction),
      markdownTable(['own time, by package (code of Node itself counts for its caller)', '%'], byPackage),
    ],
  };
}

/**
 * @returns {{ frame: any, within: any, caller: any, time: number }[]} for each sample its function, the nearest one
 *   around it that has a source, and the nearest one that is not Node's
 */
function ownTimes({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) for (const child of node.children ?? []) byId.get(child).parent = node;
  return samples.flatMap((id, at) => {
    const node = byId.get(id);
    const frame = node.callFrame;
    const within = nearest(node, (url) => url !== '') ?? frame;
    const caller = nearest(node, (url) => url !== '' && !url.startsWith('node:')) ?? within;
    const isWork = frame.functionName !== '(idle)' && within.url !== 'node:inspector';
    return isWork ? [{ frame, within, caller, time: timeDeltas[at] }] : [];
  });
}

function nearest(node, fits) {
  for (let around = node; around; around = around.parent) if (fits(around.callFrame.url)) return around.callFrame;
  return undefined;
}

/** The largest, with their share of all time that is not idle. */
function shares(times, titleOf) {
  const totals = new Map();
  let all = 0;
  for (const own of times) {
    const title = titleOf(own);
    totals.set(title, (totals.get(title) ?? 0) + own.time);
    all += own.time;
  }
  const sorted = [...totals].sort(([, a], [, b]) => b - a).slice(0, MOST);
  return sorted.map(([title, time]) => [title, ((100 * time) / all).toFixed(1)]);
}

function nameOf({ functionName, url }) {
  return `${functionName || '(anonymous)'}${url ? '' : ' (native)'}`;
}

function place({ url, lineNumber, functionName }) {
  return url ? `${shortened(url)}:${lineNumber + 1}` : functionName;
}

/** From the package's name on, or from the build's folder. */
function shortened(url) {
  return url.includes('/node_modules/') ? url.replace(/^.*\/node_modules\//, '') : url.replace(/^.*\/(?=dist\/)/, '');
}

function packageOf(url) {
  if (!url || url.startsWith('node:')) return url || '(engine)';
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url) ?? [];
  return name ?? shortened(url).split('/').slice(0, 3).join('/');
}

import path from 'node:path';

/** The repository, which a stranger does not have. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

/**
 * What a program gets that must not profit from the repository: neither its programs in PATH, nor what the npm that has
 * started us tells its children.
 * @param {Record<string, string>} [more]
 */
export function strangersEnvironment(more = {}) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|INIT_CWD$|NODE_PATH$|NODE_OPTIONS$)/i.test(name),
  );
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const PATH = folders.filter((folder) => !isInside(ROOT, folder)).join(path.delimiter);
  return { ...Object.fromEntries(kept), PATH, ...more };
}

/** @param {string} folder @param {string} inner */
export function isInside(folder, inner) {
  const relative = path.relative(folder, path.resolve(inner));
  return relative === '' || !(relative.startsWith('..') || path.isAbsolute(relative));
}

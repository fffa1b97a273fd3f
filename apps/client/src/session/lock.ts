import type { Lock } from './options.js';

interface World {
  navigator?: { locks?: { request<Result>(name: string, work: () => Promise<Result>): Promise<Result> } };
}

/** The tabs of a browser take turns. Elsewhere, and on plain http outside localhost, there are no locks. */
export const platformLock: Lock = (name, work) => {
  const locks = (globalThis as unknown as World).navigator?.locks;
  return locks ? locks.request(name, work) : work();
};

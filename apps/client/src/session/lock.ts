import type { Lock } from './options.js';

interface World {
  navigator?: { locks?: { request<Result>(name: string, work: () => Promise<Result>): Promise<Result> } };
}

/** `navigator.locks`, so that tabs take turns. Other platforms, and plain http outside localhost, have no locks. */
export const platformLock: Lock = (name, work) => {
  const locks = (globalThis as unknown as World).navigator?.locks;
  return locks ? locks.request(name, work) : work();
};

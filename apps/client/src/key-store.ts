/** A WebCrypto key pair: its private key signs, and cannot be read. */
export interface KeyPair {
  privateKey: unknown;
  publicKey: unknown;
}

/** Keeps key pairs by name. They can be cloned, but not serialized. */
export interface KeyStore {
  get(name: string): Promise<KeyPair | undefined>;
  /** Rejects where there is a pair of that name already: another tab was faster, and its pair is the one that is kept. */
  put(name: string, pair: KeyPair): Promise<void>;
}

/** The part of IndexedDB that is used. */
interface Request<Result> {
  result: Result;
  error: Error | null;
  addEventListener(type: string, listener: () => void): void;
}

interface Store {
  get(name: string): Request<KeyPair | undefined>;
  add(pair: KeyPair, name: string): Request<unknown>;
}

interface Database {
  createObjectStore(name: string): void;
  transaction(name: string, mode: string): { objectStore(name: string): Store };
}

interface World {
  indexedDB: { open(name: string, version: number): Request<Database> };
}

const STORE = 'keys';

/** Keeps keys in IndexedDB. Rejects if the browser has none, or does not allow it. */
export const indexedDbKeys: KeyStore = {
  get: async (name) => settled((await open('readonly')).get(name)),
  put: async (name, pair) => void (await settled((await open('readwrite')).add(pair, name))),
};

async function open(mode: 'readonly' | 'readwrite'): Promise<Store> {
  const opening = (globalThis as unknown as World).indexedDB.open('scan-login', 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(STORE));
  return (await settled(opening)).transaction(STORE, mode).objectStore(STORE);
}

function settled<Result>(request: Request<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
}

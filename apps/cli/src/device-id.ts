import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

/** The id of this device. It is random and kept, so that this is the same phone or screen the next time. */
export async function deviceId(dataDir: string, role: 'phone' | 'screen'): Promise<string> {
  const file = path.join(dataDir, `${role}-device-id`);
  const kept = (await fs.readFile(file, 'utf8').catch(() => '')).trim();
  if (/^[\x21-\x7e]{1,128}$/.test(kept)) return kept;
  const id = randomUUID();
  // if it cannot be kept, this is another device the next time, which does no harm
  await fs
    .mkdir(dataDir, { recursive: true, mode: 0o700 })
    .then(() => fs.writeFile(file, `${id}\n`, { mode: 0o600 }))
    .catch(() => undefined);
  return id;
}

import type { DeviceType } from '../devices/device.js';

/** A session that was found to be live and bound to the calling device. */
export interface LiveSession {
  id: string;
  accountId: string;
  deviceId: string;
  deviceType: DeviceType;
  keyThumbprint: string | null;
  /** Whether it began with a scan: then it can see and end only itself. */
  isCompanion: boolean;
}

/** The same with what the cache needs for the next call. */
export interface KnownSession extends LiveSession {
  generation: number;
  usedGeneration: number;
}

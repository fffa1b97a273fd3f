import type { DeviceType } from '../devices/device.js';

/** A session that was just found to be live and bound to the device that calls. */
export interface LiveSession {
  id: string;
  accountId: string;
  deviceId: string;
  deviceType: DeviceType;
  keyThumbprint: string | null;
  /** It began by a scan: it may see and end itself, and no other session. */
  isCompanion: boolean;
}

/** The same, as it is cached for the next call. */
export interface KnownSession extends LiveSession {
  generation: number;
  usedGeneration: number;
}

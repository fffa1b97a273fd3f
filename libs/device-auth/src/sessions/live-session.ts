import type { DeviceType } from '../devices/device.js';

/** A session that has just proved to be alive and to be on the device that asks. */
export interface LiveSession {
  id: string;
  accountId: string;
  deviceId: string;
  deviceType: DeviceType;
  keyThumbprint: string | null;
  /** It began by a scan: it may see and end itself, and no other session. */
  isCompanion: boolean;
}

/** As it is kept for the next call. */
export interface KnownSession extends LiveSession {
  generation: number;
  usedGeneration: number;
}

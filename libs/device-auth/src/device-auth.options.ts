export interface DeviceAuthOptions {
  /** Where browsers reach the server: what its own origin is, and whether cookies may travel over plain http. */
  publicUrl: () => string;
  /** Life of a session on a screen, and its longest silence, in seconds. */
  screenSessionMax: number;
  screenSessionIdle: number;
  /** The same for a phone. */
  phoneSessionMax: number;
  phoneSessionIdle: number;
  /** Live sessions of one account on devices of one type; 0 for no limit. */
  sessionsPerDeviceType: number;
  /** What gives way at the limit: the oldest session, or the new one. */
  sessionLimitPolicy: 'replace_oldest' | 'refuse';
  /** Failed sign-ins before each further one doubles the wait; as many are forgotten in 15 minutes. 0 for no limit. */
  failuresPerAccount: number;
  failuresPerAddress: number;
  /** Failed sign-ins in a row after which only a device that is known gets in, and that after as many; 100 by default, 0 for no limit. */
  failuresInARow?: number;
}

export const DEVICE_AUTH_OPTIONS = Symbol('DeviceAuthOptions');

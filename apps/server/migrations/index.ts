import { Initial1795264612784 } from './1795264612784-initial.js';
import { CallCounts1795276800000 } from './1795276800000-call-counts.js';
import { DeviceKeys1795280400000 } from './1795280400000-device-keys.js';
import { TicketUpdates1795284000000 } from './1795284000000-ticket-updates.js';
import { Trust1795288800000 } from './1795288800000-trust.js';
import { KnownDevices1795295210000 } from './1795295210000-known-devices.js';
import { UsernameSkeletons1795295220000 } from './1795295220000-username-skeletons.js';
import { AuditRepeats1795297000000 } from './1795297000000-audit-repeats.js';
import { KnownScreens1795293412000 } from './1795293412000-known-screens.js';

/** What has made the server's tables, the libs' among them, up to the first release of these as a package. Never edited. */
export const MIGRATIONS = [
  Initial1795264612784,
  CallCounts1795276800000,
  DeviceKeys1795280400000,
  TicketUpdates1795284000000,
  Trust1795288800000,
  KnownDevices1795295210000,
  UsernameSkeletons1795295220000,
  AuditRepeats1795297000000,
  KnownScreens1795293412000,
];

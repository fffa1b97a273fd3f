// Owns: AccountStore, the access to accounts; devices and known screens, sessions, sign-in and its throttle, the
//   refresh cookie, and the guard that checks token, device and key of a call; their tables and routes.
// Does not own: how tokens are issued and verified, see token; accounts with passwords, see
//   password-accounts; tickets, see qr.
// May import: token, signal, common.
export { type Account, AccountStore } from './accounts/account-store.js';
export { AccountView, GivenPassword } from './accounts/accounts.schemas.js';
export { Assertion, UserVerification, type Verified, VerificationOptions } from './accounts/user-verification.js';
export { keyOf } from './accounts/username-key.js';
export { DeviceAuthModule } from './device-auth.module.js';
export { DEVICE_AUTH_OPTIONS, DeviceAuthOptions } from './device-auth.options.js';
export { ApiDeviceId } from './devices/api-headers.js';
export { type Caller, FromCaller } from './devices/caller.js';
export { MayProveKey, ProvenKey } from './devices/proven-key.js';
export { isKnownAs, KNOWN_SCREENS, KnownScreen } from './devices/known-screen.entity.js';
export {
  type CountedNetwork,
  type CountingOptions,
  networksOf,
  readAddress,
  UNKNOWN_ADDRESS,
} from './devices/network.js';
export { Places, type Whereabouts, whereaboutsOf, wideNetworkOf } from './devices/whereabouts.js';
export {
  type Device,
  DeviceId,
  type DeviceType,
  OwnDevice,
  OwnScreen,
  SCREEN_TYPES,
  ScreenType,
} from './devices/device.js';
export { AccountChanges, type Refusal } from './notices/account-changes.js';
export { AccountNotices } from './notices/account-notices.js';
export { ringAccount } from './notices/account-rings.js';
export { Admission, type Presented } from './sessions/admission.js';
export type { LiveSession } from './sessions/live-session.js';
export { type ResponseHeaders, RefreshCookie } from './sessions/refresh-cookie.js';
export { heldAccount } from './sessions/account-lock.js';
export { KnownDevice } from './sessions/known-device.entity.js';
export {
  type BeganBy,
  END_REASONS,
  type EndReason,
  keepsSession,
  livesSession,
  Session,
} from './sessions/session.entity.js';
export { SessionEndings } from './sessions/session-endings.js';
export { CurrentSession, RequiresOwner, RequiresSession, SessionGuard } from './sessions/session.guard.js';
export { SignInFailure } from './sessions/sign-in-failure.entity.js';
export { Tokens, TokensResponse, WantsCookie } from './sessions/session.schemas.js';
export { SessionService } from './sessions/session.service.js';
export { SignInThrottle } from './sessions/sign-in-throttle.js';

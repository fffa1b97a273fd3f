// Owns the calls of a screen, a phone and a session to a scan-login server, and their retries.
// Does not own display and storage: both are for the program that imports it.
// Imports nothing at run time, and nothing from the server.
export { screenLogin } from './screen/screen-login.js';
export type { ScreenLoginOptions } from './screen/options.js';
export type { TabStorage } from './screen/resume.js';
export type { Confirmed, Offline, Over, Scanned, ScreenState, SignedIn, Waiting } from './screen/states.js';
export { phone, type Phone, type PhoneOptions } from './phone/phone.js';
export { ticketIn, type TicketLink, ticketLink } from './phone/link.js';
export type { TicketOutcome } from './phone/outcome.js';
export type { ScannedTicket } from './phone/ticket.js';
export { type PasskeySignInOptions, signInWithPasskey, type Verify } from './session/passkey.js';
export { session } from './session/create.js';
export type { Session, SessionCall } from './session/session.js';
export type { Lock, SessionOptions, SessionStorage } from './session/options.js';
export { deviceKey, type DeviceKeyOptions } from './device-key.js';
export type { KeyPair, KeyStore } from './key-store.js';
export { retry, type RetryOptions } from './http/retry.js';
export type { ProofKey } from './proof-key.js';
export { type ErrorCode, ScanLoginError } from './error.js';
export type {
  ByteReader,
  Clock,
  Fetch,
  FetchRequest,
  FetchResponse,
  Platform,
  Subscribe,
  Visibility,
} from './platform.js';
export type {
  Account,
  AccountEvents,
  Assertion,
  Confirm,
  Deny,
  KnownScreen,
  KnownScreenList,
  NewAccount,
  OpenedTicket,
  OpenTicket,
  Outcome,
  Passkey,
  PasskeyCreationOptions,
  PasskeyList,
  PasswordChange,
  Problem,
  Redeem,
  Refresh,
  Scan,
  ScanResult,
  Session as ListedSession,
  SessionList,
  SignIn,
  TicketCode,
  TicketStatus,
  Tokens,
  VerificationOptions,
} from './wire.js';

// Owns: passkeys (WebAuthn credentials) of accounts, and their table; sign-in with them, and the verification of a user
//   with them.
// Does not own: sessions, and the port UserVerification, see device-auth; when a confirm needs a verification, see qr.
// May import: device-auth, token, common.
export { Passkey } from './passkey.entity.js';
export { PasskeysModule } from './passkeys.module.js';
export { PasskeysOptions } from './passkeys.options.js';

// Owns: accounts with passwords (argon2id) in a table of its own, for those who have none elsewhere; user names.
// Does not own: sign-ins, their throttle and sessions, see device-auth; what it asks of accounts is its AccountStore.
// May import: device-auth, common.
export { PasswordAccount } from './password-account.entity.js';
export { PasswordAccounts } from './password-accounts.js';
export { PasswordAccountsModule } from './password-accounts.module.js';
export { skeletonOf } from './user-names.js';

// Owns: accounts with passwords (argon2id) in a table of their own, for applications without accounts; user names.
// Does not own: AccountStore, which these accounts implement, sign-ins, their throttle and sessions, see device-auth.
// May import: device-auth, common.
export { PasswordAccount } from './password-account.entity.js';
export { PasswordAccounts } from './password-accounts.js';
export { PasswordAccountsModule } from './password-accounts.module.js';
export { skeletonOf } from './user-names.js';

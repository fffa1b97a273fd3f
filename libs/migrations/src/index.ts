// Owns: the tables of the libs, as TypeORM migrations for the DataSource of an application.
// Does not own: the entities, see their libs; tables of the server, see apps/server/migrations.
// May import: common.
import { ScanLoginPasswordAccounts1795600200000 } from './1795600200000-password-accounts.js';
import { ScanLoginScreenKeys1795600300000 } from './1795600300000-screen-keys.js';
import { ScanLoginTables1795600100000 } from './1795600100000-tables.js';

export { ensureSchema } from './schema-of-tables.js';

/** The tables of all modules, in the schema of `useSchema`. Append only: a released migration is never edited. */
export const MIGRATIONS = [ScanLoginTables1795600100000, ScanLoginScreenKeys1795600300000];

/** The table of `PasswordAccounts`, for applications without accounts of their own. */
export const PASSWORD_ACCOUNTS_MIGRATIONS = [ScanLoginPasswordAccounts1795600200000];

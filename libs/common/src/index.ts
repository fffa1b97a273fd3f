// Owns: problems (the one error table and its writer), the database (statements, transactions, the schema, sweeping, the
//   clock), repeated work, the audit log's stream, what routes say of themselves (auth, cost, problems), secrets, cleaned
//   text, reading of configuration.
// Does not own: anything that knows tickets, sessions, accounts or tokens.
// May import: nothing of ours.
export { AUDIT_EVENTS, type AuditEvent, auditKeyOf, AuditLog, AuditModule, type AuditName } from './audit.js';
export { Answers, AnswersNothing, ApiController } from './api.decorators.js';
export { Auth } from './auth.js';
export {
  type ConfigurationFault,
  ConfigurationError,
  metaOf,
  readEnvironment,
  type VariableMeta,
} from './environment.js';
export { entitiesOf } from './entities.js';
export { AccountLimits, type Cost, costOf, Limited } from './limited.js';
export { inputPipe } from './input.pipe.js';
export { ProblemDocument } from './problem-document.js';
export { ProblemFilter } from './problem.filter.js';
export { OF_BODY, Problems } from './problems.decorator.js';
export {
  type InputFault,
  Problem,
  type ProblemBody,
  type ProblemCode,
  type ProblemExtras,
  PROBLEMS,
} from './problems.js';
export { repeat, type Repetition } from './repeat.js';
export { derivedKey, hashOf, newSecret } from './secrets.js';
export { count, IsProxy, optionsProvider, PublicUrl, seconds, Secret } from './options.js';
export { RoutePaths } from './route-paths.js';
export { explained, missing, provided } from './siblings.js';
export { ownAddresses } from './own-addresses.js';
export { PlainText, shownText } from './text.js';
export { isUuid } from './uuid.js';
export { whenClosed } from './when-closed.js';
export { batchedRows } from './database/batched-rows.js';
export { Clock, ClockModule } from './database/clock.js';
export { cutConnection, poolOf } from './database/pg-internals.js';
export { type Queryable, rows } from './database/rows.js';
export { isSchemaName, schemaName, useSchema } from './database/schema.js';
export { type Sweep, SweepModule } from './database/sweep.js';
export { literals, StoredIn, Table } from './database/table.js';
export { TablesModule } from './database/tables-check.js';
export { type Transaction, transaction } from './database/transaction.js';
export { default as sql, empty, join, raw, type Sql } from 'sql-template-tag';

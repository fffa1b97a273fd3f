// Owns: problems (the table of error codes of all libs, and their filter), the database (statements, transactions, the
//   schema, sweeps, the clock), repeated work, the audit log and the names of its events, metadata of routes (auth,
//   cost, problems) and their paths, options of modules, errors for missing modules, secrets, cleaned text,
//   configuration.
// Does not own: tickets, sessions, accounts and tokens. The tables of codes and events name them: they are one
//   contract.
// May import: nothing of ours.
export { AUDIT_EVENTS, type AuditEvent, auditKeyOf, AuditLog, AuditModule, type AuditName } from './audit.js';
export { Answers, AnswersNothing, ApiController } from './http/api.decorators.js';
export { Auth } from './http/auth.js';
export {
  type ConfigurationFault,
  ConfigurationError,
  metaOf,
  readEnvironment,
  type VariableMeta,
} from './environment.js';
export { entitiesOf } from './database/entities.js';
export { AccountLimits, type Cost, costOf, Limited } from './http/limited.js';
export { inputPipe } from './problems/input.pipe.js';
export { ProblemDocument } from './problems/problem-document.js';
export { ProblemFilter } from './problems/problem.filter.js';
export { OF_BODY, Problems } from './problems/problems.decorator.js';
export {
  type InputFault,
  Problem,
  type ProblemBody,
  type ProblemCode,
  type ProblemExtras,
  PROBLEMS,
} from './problems/problems.js';
export { repeat, type Repetition } from './repeat.js';
export { derivedKey, hashOf, newSecret } from './secrets.js';
export { count, IsProxy, optionsProvider, PublicUrl, seconds, Secret } from './options.js';
export { HEARTBEAT_MS, withHeartbeat } from './http/heartbeat.js';
export { NoBody } from './http/no-body.js';
export { RoutePaths } from './http/route-paths.js';
export { explained, missing, provided } from './missing-modules.js';
export { ownAddresses } from './own-addresses.js';
export { PlainText, shownText } from './text.js';
export { isUuid } from './uuid.js';
export { type HttpResponse, rawOf, ResponseSignal, signalOf, whenClosed } from './http/when-closed.js';
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

// Owns: problems (the one error table and its writer), SQL and sweeping, repeated work, the audit log's stream, what routes say of
//   themselves (auth, cost, problems), secrets, the clock, cleaned text, reading of configuration.
// Does not own: anything that knows tickets, sessions, accounts or tokens.
// May import: nothing of ours.
export { AUDIT_EVENTS, type AuditEvent, auditKeyOf, AuditLog, AuditModule, type AuditName } from './audit.js';
export { Auth } from './auth.js';
export { Clock, ClockModule } from './clock.js';
export {
  type ConfigurationFault,
  ConfigurationError,
  metaOf,
  readEnvironment,
  type VariableMeta,
} from './environment.js';
export { AccountLimits, type Cost, costOf, Limited } from './limited.js';
export { lookUp } from './look-up.js';
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
export { count, IsProxy, optionsProvider, PublicUrl, seconds } from './options.js';
export { poolOf, type Queryable, rows, type Transaction, transaction } from './sql.js';
export { startSweeping } from './sweep.js';
export { ownAddresses } from './own-addresses.js';
export { PlainText, shownText } from './text.js';
export { isUuid } from './uuid.js';
export { whenClosed } from './when-closed.js';

// Owns: a PostgreSQL server in a directory: its cluster, password, process and shutdown; the role of the application.
// Does not own: what is stored in it; where the directory is; the log (the caller passes a logger).
// May import: pg.
export { postgresBinaries } from './binaries.js';
export { DirectoryInUse, ownEmbeddedPostgres } from './own.js';
export { type EmbeddedPostgres, type EmbeddedPostgresOptions, type Log, startEmbeddedPostgres } from './start.js';

const NAME = /^(?!pg_|information_schema$)[a-z_][a-z0-9_]{0,62}$/;

let name = 'scan_login';
/** The schema was chosen or used, so it must not change any more. */
let isFixed = false;

/**
 * Sets the PostgreSQL schema of all our tables in this process. The default is `scan_login`. Call it before the first
 * `DataSource` with our entities is initialized, also in programs that run migrations.
 * @param chosen lower-case letters, digits and underscores, at most 63, not beginning with a digit or `pg_`, and not
 *   `information_schema`
 * @throws Error for an invalid name, and when a different one was chosen or is in use
 */
export function useSchema(chosen: string): void {
  if (!isSchemaName(chosen)) throw new Error(`Not a name for the schema of our tables: ${JSON.stringify(chosen)}`);
  if (isFixed && chosen !== name)
    throw new Error(`The schema of our tables is ${name} already, it cannot be ${chosen}`);
  name = chosen;
  isFixed = true;
}

/** The schema of our tables. It cannot change after the first call. */
export function schemaName(): string {
  isFixed = true;
  return name;
}

export function isSchemaName(text: string): boolean {
  return NAME.test(text);
}

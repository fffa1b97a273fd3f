const NAME = /^(?!pg_|information_schema$)[a-z_][a-z0-9_]{0,62}$/;

let name = 'scan_login';
/** Chosen, or used already, so that it must not change. */
let isFixed = false;

/**
 * Names the PostgreSQL schema of all our tables in this process, `scan_login` where it is not called. To be called before
 * the first `DataSource` with our entities is initialized, also where migrations are run.
 * @param chosen lower-case letters, digits and underscores, at most 63, not beginning with a digit or `pg_`, and not
 *   `information_schema`
 * @throws Error for another form of name, and where a different one was chosen or is in use
 */
export function useSchema(chosen: string): void {
  if (!isSchemaName(chosen)) throw new Error(`Not a name for the schema of our tables: ${JSON.stringify(chosen)}`);
  if (isFixed && chosen !== name)
    throw new Error(`The schema of our tables is ${name} already, it cannot be ${chosen}`);
  name = chosen;
  isFixed = true;
}

/** The schema of our tables. From the first use on it stays. */
export function schemaName(): string {
  isFixed = true;
  return name;
}

export function isSchemaName(text: string): boolean {
  return NAME.test(text);
}

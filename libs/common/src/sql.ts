/** What both a `DataSource` and the `EntityManager` of a transaction can do. */
export interface Queryable {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

/** Rows of a SELECT or of an INSERT … RETURNING. */
export async function rows<Row>(db: Queryable, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  return (await db.query(sql, parameters)) as Row[];
}

/** Rows that an UPDATE or DELETE … RETURNING has changed. TypeORM hands these out in a pair with their count. */
export async function changed<Row>(db: Queryable, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  const [changedRows] = (await db.query(sql, parameters)) as [Row[], number];
  return changedRows;
}

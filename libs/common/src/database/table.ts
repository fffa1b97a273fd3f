import { raw, Sql } from 'sql-template-tag';
import { Entity, getMetadataArgsStorage } from 'typeorm';
import { schemaName } from './schema.js';

/**
 * One of our tables, as a piece of SQL: `` sql`SELECT FROM ${TICKETS}` `` names it together with its schema, since the
 * connections belong to the application, whose `search_path` is its own business. Inside the statement its columns are
 * `tickets.uuid` as usual.
 *
 * A statement is built when it is sent, and never at the top of a module: that would use the schema before an application
 * can choose it.
 */
export class Table extends Sql {
  constructor(readonly tableName: string) {
    super([tableName], []);
    // the schema may be chosen until the first statement is built, which is after this was imported
    let named: string[] | undefined;
    Object.defineProperty(this, 'strings', { get: () => (named ??= [`"${schemaName()}".${tableName}`]) });
  }
}

const entities = new Set<unknown>();

/** TypeORM's `@Entity` for a table in our schema, which need not be known yet when the class is declared. */
export function StoredIn({ tableName }: Table): ClassDecorator {
  return (target) => {
    Entity(tableName)(target);
    const declared = getMetadataArgsStorage().tables.findLast((each) => each.target === target)!;
    Object.defineProperty(declared, 'schema', { get: schemaName, enumerable: true });
    entities.add(target);
  };
}

/** Whether a class is an entity of ours. */
export function isOurs(target: unknown): boolean {
  return entities.has(target);
}

/** SQL: values of ours, and never a caller's, that stand in the statement's text. */
export function literals(values: Iterable<string>): Sql {
  return raw([...values].map((value) => `'${value}'`).join(', '));
}

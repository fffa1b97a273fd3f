import { raw, Sql } from 'sql-template-tag';
import { Entity, getMetadataArgsStorage } from 'typeorm';
import { schemaName } from './schema.js';

/**
 * One of our tables, as a piece of SQL: `` sql`SELECT FROM ${TICKETS}` `` names it with its schema, because connections
 * and their `search_path` belong to the application. Its columns are written as usual: `tickets.uuid`.
 *
 * Build a statement when it is sent, never at the top level of a module: that would fix the schema before the
 * application can choose it.
 */
export class Table extends Sql {
  constructor(readonly tableName: string) {
    super([tableName], []);
    // the schema may still be chosen after this module was imported, until the first statement is built
    let named: string[] | undefined;
    Object.defineProperty(this, 'strings', { get: () => (named ??= [`"${schemaName()}".${tableName}`]) });
  }
}

const entities = new Set<unknown>();

/** TypeORM's `@Entity` for a table in our schema. The schema is read later, so that it can still be chosen. */
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

/** SQL: constants as literals in the text of a statement. Never for input. */
export function literals(values: Iterable<string>): Sql {
  return raw([...values].map((value) => `'${value}'`).join(', '));
}

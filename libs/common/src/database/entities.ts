import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { explained } from '../missing-modules.js';

type Entity = EntityTarget<ObjectLiteral> & (new () => object);

/** The entities of a module, as an import of it. */
export function entitiesOf(module: string, entities: Entity[]): DynamicModule {
  const feature = TypeOrmModule.forFeature(entities);
  return { ...feature, providers: explained(module, [...(feature.providers ?? []), checkOf(module, entities)]) };
}

/**
 * A data source that lists its entities does not get ours by itself. TypeORM would report this at the first statement.
 */
function checkOf(module: string, entities: Entity[]): FactoryProvider {
  return {
    provide: Symbol(`entities of ${module}`),
    inject: [getDataSourceToken() as typeof DataSource],
    useFactory: (db: DataSource) => {
      if (db.options.type !== 'postgres') throw new Error(`${module} needs a data source of type postgres`);
      const unknown = entities.filter((entity) => !db.hasMetadata(entity)).map(({ name }) => name);
      if (unknown.length === 0) return true;
      throw new Error(
        `${module} does not find its entities (${unknown.join(', ')}) in the data source: set autoLoadEntities: true in TypeOrmModule.forRoot, or list them in entities`,
      );
    },
  };
}

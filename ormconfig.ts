import { DataSource } from 'typeorm';
import { readConfig } from './apps/server/src/config.js';
import { dataSourceOptions } from './apps/server/src/database/data-source-options.js';

/** For the TypeORM command line: `npx typeorm migration:generate -d dist/ormconfig.js …`. */
export default new DataSource(dataSourceOptions(readConfig().DATABASE_URL ?? ''));

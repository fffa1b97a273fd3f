import { readConfig } from './apps/server/src/config.js';
import { dataSourceOptions } from './apps/server/src/database/data-source-options.js';
import { ServerDataSource } from './apps/server/src/database/server-data-source.js';

const { DATABASE_URL = '', databaseUse } = readConfig();

/** For the TypeORM command line: `npx typeorm migration:generate -d dist/ormconfig.js …`. */
export default new ServerDataSource(dataSourceOptions(DATABASE_URL, databaseUse));

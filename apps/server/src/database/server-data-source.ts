import { DataSource, type Migration } from 'typeorm';
import { moveIntoSchema } from './move-into-schema.js';

/** Brings tables of earlier releases into the schema before it migrates, for the TypeORM command line as well. */
export class ServerDataSource extends DataSource {
  override async runMigrations(options?: Parameters<DataSource['runMigrations']>[0]): Promise<Migration[]> {
    await moveIntoSchema(this);
    return super.runMigrations(options);
  }
}

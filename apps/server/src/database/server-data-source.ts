import { DataSource, type Migration } from 'typeorm';
import { moveIntoSchema } from './move-into-schema.js';

/** Brings tables of earlier releases into the schema before it migrates, for the TypeORM command line as well. */
export class ServerDataSource extends DataSource {
  /** The tables that were brought there. */
  moved: string[] = [];

  override async runMigrations(options?: Parameters<DataSource['runMigrations']>[0]): Promise<Migration[]> {
    this.moved = await moveIntoSchema(this);
    return super.runMigrations(options);
  }
}

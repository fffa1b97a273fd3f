import { DataSource, type Migration } from 'typeorm';
import { moveIntoSchema } from './move-into-schema.js';

/** Moves the tables of earlier releases into the schema before it migrates, also for the TypeORM command line. */
export class ServerDataSource extends DataSource {
  /** The tables that were moved. */
  moved: string[] = [];

  override async runMigrations(options?: Parameters<DataSource['runMigrations']>[0]): Promise<Migration[]> {
    this.moved = await moveIntoSchema(this);
    return super.runMigrations(options);
  }
}

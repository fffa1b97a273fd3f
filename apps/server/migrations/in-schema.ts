import { schemaName } from '@scan-login/nest/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';

type MigrationClass = new () => MigrationInterface;

/** A migration from before the schema had a name: its statements are about the schema all the same, and nothing else. */
export function inSchema(Migration: MigrationClass): MigrationClass {
  return class extends Migration {
    override async up(queryRunner: QueryRunner): Promise<void> {
      await super.up(await within(queryRunner));
    }

    override async down(queryRunner: QueryRunner): Promise<void> {
      await super.down(await within(queryRunner));
    }
  };
}

async function within(queryRunner: QueryRunner): Promise<QueryRunner> {
  // of the transaction, and not of the connection, which behind a pooler is another for the next statement
  const choose = () => queryRunner.query(`SET LOCAL search_path = "${schemaName()}"`);
  if (!queryRunner.isTransactionActive) return eachInTransaction(queryRunner, choose);
  await choose();
  return queryRunner;
}

/** For the migration that is no transaction: each of its statements is one. */
function eachInTransaction(queryRunner: QueryRunner, begin: () => Promise<unknown>): QueryRunner {
  const query = async (text: string, parameters?: unknown[]): Promise<unknown> => {
    await queryRunner.startTransaction();
    try {
      await begin();
      const result: unknown = await queryRunner.query(text, parameters as any[]);
      await queryRunner.commitTransaction();
      return result;
    } catch (error) {
      await queryRunner.rollbackTransaction();
      throw error;
    }
  };
  return { query } as QueryRunner;
}

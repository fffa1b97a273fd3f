import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ensureSchema, hasTable, refuseToDrop } from './schema-of-tables.js';

export class ScanLoginPasswordAccounts1795600200000 implements MigrationInterface {
  name = 'ScanLoginPasswordAccounts1795600200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const schema = await ensureSchema(queryRunner);
    if (await hasTable(queryRunner, schema, 'accounts')) return;
    await queryRunner.query(
      `CREATE TABLE "${schema}"."accounts" (
        "id" uuid NOT NULL,
        "username" text NOT NULL,
        "username_key" text NOT NULL,
        "username_skeleton" text,
        "display_name" text NOT NULL,
        "avatar_url" text,
        "password_hash" text NOT NULL,
        "password_version" integer NOT NULL DEFAULT '1',
        "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        CONSTRAINT "UQ_2fc894c48d45fd9044fbe716c8c" UNIQUE ("username_key"),
        CONSTRAINT "PK_5a7a02c20412299d198e097a8fe" PRIMARY KEY ("id")
      )`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "accounts_username_skeleton" ON "${schema}"."accounts" ("username_skeleton")`,
    );
  }

  async down(): Promise<void> {
    refuseToDrop();
  }
}

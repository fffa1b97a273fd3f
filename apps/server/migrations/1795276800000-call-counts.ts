import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CallCounts1795276800000 implements MigrationInterface {
  name = 'CallCounts1795276800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // unlogged: written every second, and of no use a minute later
    await queryRunner.query(
      `CREATE UNLOGGED TABLE "call_counts" (
        "key" text NOT NULL,
        "calls" integer NOT NULL,
        "ends_at" TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT "call_counts_pkey" PRIMARY KEY ("key")
      )`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "call_counts"`);
  }
}

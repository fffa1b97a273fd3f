import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Known devices get a table of their own, apart from failures. Which rows were devices is not to be seen, since keys are
 * hashes, so all go there: those that were none match nothing, and are swept after 90 days. Counts begin again, under
 * keys that tell the kind of what is counted.
 */
export class KnownDevices1795295210000 implements MigrationInterface {
  name = 'KnownDevices1795295210000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "known_devices" (
        "key" bytea NOT NULL,
        "known_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        CONSTRAINT "known_devices_pkey" PRIMARY KEY ("key")
      )`,
    );
    await queryRunner.query(`CREATE INDEX "known_devices_known_at" ON "known_devices" ("known_at")`);
    await queryRunner.query(
      `INSERT INTO "known_devices" ("key", "known_at") SELECT "key", "at" FROM "sign_in_failures"`,
    );
    await queryRunner.query(`DELETE FROM "sign_in_failures"`);
    await queryRunner.query(`ALTER TABLE "sign_in_failures" ADD "in_a_row" integer NOT NULL DEFAULT '0'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "sign_in_failures" DROP COLUMN "in_a_row"`);
    await queryRunner.query(`DELETE FROM "sign_in_failures"`);
    await queryRunner.query(
      `INSERT INTO "sign_in_failures" ("key", "at") SELECT "key", "known_at" FROM "known_devices"`,
    );
    await queryRunner.query(`DROP TABLE "known_devices"`);
  }
}

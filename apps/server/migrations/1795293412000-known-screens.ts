import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Starts empty: after the upgrade each screen asks its person once. */
export class KnownScreens1795293412000 implements MigrationInterface {
  name = 'KnownScreens1795293412000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "known_screens" (
        "account_id" text NOT NULL,
        "device_id" text NOT NULL,
        "signed_in_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        CONSTRAINT "known_screens_pkey" PRIMARY KEY ("account_id", "device_id")
      )`,
    );
    await queryRunner.query(`CREATE INDEX "known_screens_signed_in_at" ON "known_screens" ("signed_in_at")`);
    await queryRunner.query(`ALTER TABLE "tickets" ADD "known_here" boolean NOT NULL DEFAULT false`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "tickets" DROP COLUMN "known_here"`);
    await queryRunner.query(`DROP TABLE "known_screens"`);
  }
}

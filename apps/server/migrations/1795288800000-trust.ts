import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What it takes that an ended session, a changed password or a stolen refresh token leaves nothing behind: versions of
 * the password, how a session began, which refresh gave an access token, a salt for each session's refresh tokens, and
 * the tickets of a session by an index.
 */
export class Trust1795288800000 implements MigrationInterface {
  name = 'Trust1795288800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "accounts" ADD "password_version" integer NOT NULL DEFAULT '1'`);
    await queryRunner.query(`ALTER TABLE "sessions" ADD "began_by" text NOT NULL DEFAULT 'password'`);
    await queryRunner.query(`ALTER TABLE "sessions" ADD "generation" integer NOT NULL DEFAULT '1'`);
    await queryRunner.query(`ALTER TABLE "sessions" ADD "used_generation" integer NOT NULL DEFAULT '0'`);
    // nothing says how the sessions of today began: those on screens are taken for what they nearly always are
    await queryRunner.query(
      `UPDATE "sessions" SET "began_by" = CASE WHEN "device_type" = 'phone' THEN 'password' ELSE 'scan' END,
         "used_generation" = CASE WHEN "used_at" IS NULL THEN 0 ELSE 1 END`,
    );
    await queryRunner.query(`ALTER TABLE "refresh_tokens" ADD "salt" bytea`);
    await queryRunner.query(`CREATE INDEX "tickets_phone_session_id" ON "tickets" ("phone_session_id")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "tickets_phone_session_id"`);
    await queryRunner.query(`ALTER TABLE "refresh_tokens" DROP COLUMN "salt"`);
    await queryRunner.query(`ALTER TABLE "sessions" DROP COLUMN "used_generation"`);
    await queryRunner.query(`ALTER TABLE "sessions" DROP COLUMN "generation"`);
    await queryRunner.query(`ALTER TABLE "sessions" DROP COLUMN "began_by"`);
    await queryRunner.query(`ALTER TABLE "accounts" DROP COLUMN "password_version"`);
  }
}

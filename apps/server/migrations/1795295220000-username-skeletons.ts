import { skeletonOf } from '@scan-login/nest/password-accounts';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const BATCH = 5_000;

/**
 * What user names look like, so that no new one looks like another. SQL cannot work it out, so the rows are read here. Of
 * accounts that look alike already, the oldest keeps the look, and the others stay as they are.
 *
 * Not one transaction, which would lock the accounts for as long as it takes, a minute for some hundred thousand: every
 * step can be done again.
 */
export class UsernameSkeletons1795295220000 implements MigrationInterface {
  name = 'UsernameSkeletons1795295220000';
  transaction = false as const;

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "accounts" ADD COLUMN IF NOT EXISTS "username_skeleton" text`);
    await queryRunner.query(`DROP INDEX IF EXISTS "accounts_username_skeleton"`);
    let after = '00000000-0000-0000-0000-000000000000';
    for (let isMore = true; isMore;) {
      const accounts: { id: string; username: string }[] = await queryRunner.query(
        `SELECT "id", "username" FROM "accounts" WHERE "id" > $1 ORDER BY "id" LIMIT ${BATCH}`,
        [after],
      );
      await queryRunner.query(
        `UPDATE "accounts" SET "username_skeleton" = "new"."skeleton"
         FROM unnest($1::uuid[], $2::text[]) AS "new" ("id", "skeleton") WHERE "accounts"."id" = "new"."id"`,
        [accounts.map(({ id }) => id), accounts.map(({ username }) => skeletonOf(username))],
      );
      after = accounts.at(-1)?.id ?? after;
      isMore = accounts.length === BATCH;
    }
    await queryRunner.query(
      `UPDATE "accounts" SET "username_skeleton" = NULL FROM (
         SELECT "id", row_number() OVER (PARTITION BY "username_skeleton" ORDER BY "created_at", "id") AS "nth"
         FROM "accounts"
       ) AS "alike" WHERE "accounts"."id" = "alike"."id" AND "alike"."nth" > 1`,
    );
    await queryRunner.query(`CREATE UNIQUE INDEX "accounts_username_skeleton" ON "accounts" ("username_skeleton")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "accounts" DROP COLUMN "username_skeleton"`);
  }
}

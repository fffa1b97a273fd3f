import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The same event again is counted in the row of the first. Important events of an account are found before the others. */
export class AuditRepeats1795297000000 implements MigrationInterface {
  name = 'AuditRepeats1795297000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "audit_events" ADD "last_at" TIMESTAMP WITH TIME ZONE`);
    await queryRunner.query(`ALTER TABLE "audit_events" ADD "count" integer NOT NULL DEFAULT 1`);
    await queryRunner.query(`ALTER TABLE "audit_events" ADD "important" boolean NOT NULL DEFAULT false`);
    await queryRunner.query(
      `UPDATE "audit_events" SET "important" = true
       WHERE "event" LIKE 'session.%' OR "event" LIKE 'account.%'
         OR "event" IN ('ticket.confirmed', 'ticket.denied', 'ticket.redeemed')`,
    );
    await queryRunner.query(`DROP INDEX "audit_events_of_account"`);
    await queryRunner.query(
      `CREATE INDEX "audit_events_of_account" ON "audit_events" ("account_id", "important", "id") WHERE account_id IS NOT NULL`,
    );
    await queryRunner.query(
      `CREATE INDEX "audit_events_opened" ON "audit_events" ("at") WHERE event = 'ticket.opened'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "audit_events_opened"`);
    await queryRunner.query(`DROP INDEX "audit_events_of_account"`);
    await queryRunner.query(
      `CREATE INDEX "audit_events_of_account" ON "audit_events" ("account_id", "id") WHERE account_id IS NOT NULL`,
    );
    await queryRunner.query(`ALTER TABLE "audit_events" DROP COLUMN "important"`);
    await queryRunner.query(`ALTER TABLE "audit_events" DROP COLUMN "count"`);
    await queryRunner.query(`ALTER TABLE "audit_events" DROP COLUMN "last_at"`);
  }
}

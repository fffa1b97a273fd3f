import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A ticket is written four times within a minute or two. With no index on what changes, and some room left on its page,
 * PostgreSQL writes each new version beside the old one and touches no index (a "heap-only tuple").
 */
export class TicketUpdates1795284000000 implements MigrationInterface {
  name = 'TicketUpdates1795284000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "tickets_expires_at"`);
    await queryRunner.query(`CREATE INDEX "tickets_decide_until" ON "tickets" ("decide_until")`);
    await queryRunner.query(`ALTER TABLE "tickets" SET (fillfactor = 50)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "tickets" RESET (fillfactor)`);
    await queryRunner.query(`DROP INDEX "tickets_decide_until"`);
    await queryRunner.query(`CREATE INDEX "tickets_expires_at" ON "tickets" ("expires_at")`);
  }
}

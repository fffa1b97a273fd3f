import type { MigrationInterface, QueryRunner } from 'typeorm';

export class DeviceKeys1795280400000 implements MigrationInterface {
  name = 'DeviceKeys1795280400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "sessions" ADD "key_thumbprint" text`);
    // unlogged: they matter for minutes, and a crash of the database costs less than a write-ahead of each call
    await queryRunner.query(
      `CREATE UNLOGGED TABLE "used_proofs" (
        "id" bytea NOT NULL,
        "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT "used_proofs_pkey" PRIMARY KEY ("id")
      )`,
    );
    await queryRunner.query(`CREATE INDEX "used_proofs_expires_at" ON "used_proofs" ("expires_at")`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "used_proofs"`);
    await queryRunner.query(`ALTER TABLE "sessions" DROP COLUMN "key_thumbprint"`);
  }
}

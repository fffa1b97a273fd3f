import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The shop's own tables. Two of them have names that scan-login uses too, in a schema of its own. */
export class CreateShop1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE accounts (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        email text NOT NULL UNIQUE,
        name text NOT NULL,
        password_hash text NOT NULL,
        password_version integer NOT NULL DEFAULT 1
      )`);
    await queryRunner.query(`
      CREATE TABLE sessions (
        account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
        basket text[] NOT NULL DEFAULT '{}'
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE sessions');
    await queryRunner.query('DROP TABLE accounts');
  }
}

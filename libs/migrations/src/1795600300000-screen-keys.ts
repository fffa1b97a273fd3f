import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ensureSchema, hasTable, refuseToDrop } from './schema-of-tables.js';

/**
 * Keys of screens: what a ticket is bound to and what makes a screen known. Screens that were known by their device id
 * alone stay known while they have no key. And passkeys.
 */
export class ScanLoginScreenKeys1795600300000 implements MigrationInterface {
  name = 'ScanLoginScreenKeys1795600300000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const schema = await ensureSchema(queryRunner);
    // by the server, whose database this application shares
    if (await hasTable(queryRunner, schema, 'passkeys')) return;
    for (const statement of statements(`"${schema}"`)) await queryRunner.query(statement);
  }

  async down(): Promise<void> {
    refuseToDrop('all passkeys and known screens');
  }
}

function statements(schema: string): string[] {
  return [
    `ALTER TABLE ${schema}."tickets"
      ADD "key_thumbprint" text,
      ADD "rotates" boolean NOT NULL DEFAULT false,
      ADD "needs_verification" boolean NOT NULL DEFAULT false`,

    `ALTER TABLE ${schema}."sessions" ADD "screen_key" text NOT NULL DEFAULT ''`,

    `ALTER TABLE ${schema}."known_screens"
      ADD "id" uuid,
      ADD "key_thumbprint" text NOT NULL DEFAULT '',
      ADD "device_type" text,
      ADD "device_name" text,
      ADD "browser" text,
      ADD "os" text,
      ADD "network" text,
      ADD "place" text,
      ADD "first_signed_in_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      ADD "acknowledged_at" TIMESTAMP WITH TIME ZONE,
      DROP CONSTRAINT "known_screens_pkey",
      ADD CONSTRAINT "known_screens_pkey" PRIMARY KEY ("account_id", "device_id", "key_thumbprint")`,
    // what was known before is nothing new
    `UPDATE ${schema}."known_screens" SET
      "id" = gen_random_uuid(), "first_signed_in_at" = "signed_in_at", "acknowledged_at" = now()`,
    `ALTER TABLE ${schema}."known_screens" ALTER "id" SET NOT NULL`,
    `CREATE UNIQUE INDEX "known_screens_id" ON ${schema}."known_screens" ("id")`,

    `CREATE TABLE ${schema}."passkeys" (
      "id" uuid NOT NULL,
      "account_id" text NOT NULL,
      "credential_id" text NOT NULL,
      "public_key" bytea NOT NULL,
      "counter" bigint NOT NULL DEFAULT '0',
      "transports" text array NOT NULL DEFAULT '{}',
      "is_synced" boolean NOT NULL DEFAULT false,
      "name" text,
      "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      "last_used_at" TIMESTAMP WITH TIME ZONE,
      CONSTRAINT "passkeys_pkey" PRIMARY KEY ("id")
    )`,
    `CREATE UNIQUE INDEX "passkeys_credential_id" ON ${schema}."passkeys" ("credential_id")`,
    `CREATE INDEX "passkeys_account_id" ON ${schema}."passkeys" ("account_id")`,
  ];
}

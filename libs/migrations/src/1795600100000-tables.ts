import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ensureSchema, hasTable, refuseToDrop } from './schema-of-tables.js';

/** All tables as they were when the modules became a package. Databases of the older server have them already. */
export class ScanLoginTables1795600100000 implements MigrationInterface {
  name = 'ScanLoginTables1795600100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const schema = await ensureSchema(queryRunner);
    if (await hasTable(queryRunner, schema, 'tickets')) return;
    for (const statement of statements(`"${schema}"`)) await queryRunner.query(statement);
  }

  async down(): Promise<void> {
    refuseToDrop();
  }
}

function statements(schema: string): string[] {
  return [
    `CREATE TABLE ${schema}."signing_keys" (
      "kid" text NOT NULL,
      "public_jwk" jsonb NOT NULL,
      "private_key_sealed" bytea NOT NULL,
      "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      CONSTRAINT "PK_13362ac3e792c69417e1a53d355" PRIMARY KEY ("kid")
    )`,

    `CREATE TABLE ${schema}."refresh_tokens" (
      "hash" bytea NOT NULL,
      "session_id" uuid NOT NULL,
      "salt" bytea,
      "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      "rotated_at" TIMESTAMP WITH TIME ZONE,
      CONSTRAINT "PK_2cf4b2a681a38f8044d688b9ccb" PRIMARY KEY ("hash")
    )`,
    `CREATE INDEX "refresh_tokens_session_id" ON ${schema}."refresh_tokens" ("session_id")`,

    // unlogged: the rows matter for minutes only, so losing them in a crash costs less than logging each call
    `CREATE UNLOGGED TABLE ${schema}."used_proofs" (
      "id" bytea NOT NULL,
      "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
      CONSTRAINT "used_proofs_pkey" PRIMARY KEY ("id")
    )`,
    `CREATE INDEX "used_proofs_expires_at" ON ${schema}."used_proofs" ("expires_at")`,

    `CREATE TABLE ${schema}."sessions" (
      "id" uuid NOT NULL,
      "account_id" text NOT NULL,
      "device_id" text NOT NULL,
      "device_type" text NOT NULL,
      "key_thumbprint" text,
      "began_by" text NOT NULL DEFAULT 'password',
      "device_name" text,
      "browser" text,
      "os" text,
      "ip" text NOT NULL,
      "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      "last_seen_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      "used_at" TIMESTAMP WITH TIME ZONE,
      "generation" integer NOT NULL DEFAULT '1',
      "used_generation" integer NOT NULL DEFAULT '0',
      "idle_for" integer NOT NULL,
      "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
      "ended_at" TIMESTAMP WITH TIME ZONE,
      "ended_reason" text,
      CONSTRAINT "PK_3238ef96f18b355b671619111bc" PRIMARY KEY ("id")
    )`,
    `CREATE INDEX "sessions_expires_at" ON ${schema}."sessions" ("expires_at")`,
    `CREATE INDEX "sessions_ended_at" ON ${schema}."sessions" ("ended_at")`,
    `CREATE INDEX "sessions_live" ON ${schema}."sessions" ("account_id", "device_type") WHERE ended_at IS NULL`,

    `CREATE TABLE ${schema}."known_screens" (
      "account_id" text NOT NULL,
      "device_id" text NOT NULL,
      "signed_in_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      CONSTRAINT "known_screens_pkey" PRIMARY KEY ("account_id", "device_id")
    )`,
    `CREATE INDEX "known_screens_signed_in_at" ON ${schema}."known_screens" ("signed_in_at")`,

    `CREATE TABLE ${schema}."known_devices" (
      "key" bytea NOT NULL,
      "known_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      CONSTRAINT "known_devices_pkey" PRIMARY KEY ("key")
    )`,
    `CREATE INDEX "known_devices_known_at" ON ${schema}."known_devices" ("known_at")`,

    `CREATE TABLE ${schema}."sign_in_failures" (
      "key" bytea NOT NULL,
      "failures" integer NOT NULL DEFAULT '0',
      "in_a_row" integer NOT NULL DEFAULT '0',
      "at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      "blocked_until" TIMESTAMP WITH TIME ZONE,
      CONSTRAINT "sign_in_failures_pkey" PRIMARY KEY ("key")
    )`,
    `CREATE INDEX "sign_in_failures_at" ON ${schema}."sign_in_failures" ("at")`,

    // A ticket is written four times within a minute or two. With no index on what changes, and some room left on its
    // page, PostgreSQL writes each new version beside the old one and touches no index (a "heap-only tuple").
    `CREATE TABLE ${schema}."tickets" (
      "uuid" uuid NOT NULL,
      "secret_hash" bytea NOT NULL,
      "status" text NOT NULL DEFAULT 'pending',
      "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
      "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
      "decide_until" TIMESTAMP WITH TIME ZONE NOT NULL,
      "device_id" text NOT NULL,
      "device_type" text NOT NULL,
      "device_name" text,
      "browser" text,
      "os" text,
      "ip" text NOT NULL,
      "account_id" text,
      "account_display_name" text,
      "account_avatar_url" text,
      "known_here" boolean NOT NULL DEFAULT false,
      "phone_session_id" uuid,
      "phone_device_id" text,
      "scan_token_hash" bytea,
      "number" smallint,
      "wrong_numbers" smallint NOT NULL DEFAULT '0',
      "deny_reason" text,
      "session_id" uuid,
      "redeemed_at" TIMESTAMP WITH TIME ZONE,
      CONSTRAINT "tickets_status"
        CHECK (status IN ('pending', 'scanned', 'confirmed', 'denied', 'cancelled', 'redeemed')),
      CONSTRAINT "PK_e522585e9439011828e606834e4" PRIMARY KEY ("uuid")
    ) WITH (fillfactor = 50)`,
    `CREATE INDEX "tickets_decide_until" ON ${schema}."tickets" ("decide_until")`,
    `CREATE INDEX "tickets_phone_session_id" ON ${schema}."tickets" ("phone_session_id")`,
  ];
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Initial1795264612784 implements MigrationInterface {
  name = 'Initial1795264612784';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "accounts" (
        "id" uuid NOT NULL,
        "username" text NOT NULL,
        "username_key" text NOT NULL,
        "display_name" text NOT NULL,
        "avatar_url" text,
        "password_hash" text NOT NULL,
        "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        CONSTRAINT "UQ_2fc894c48d45fd9044fbe716c8c" UNIQUE ("username_key"),
        CONSTRAINT "PK_5a7a02c20412299d198e097a8fe" PRIMARY KEY ("id")
      )`,
    );
    await queryRunner.query(
      `CREATE TABLE "signing_keys" (
        "kid" text NOT NULL,
        "public_jwk" jsonb NOT NULL,
        "private_key_sealed" bytea NOT NULL,
        "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        CONSTRAINT "PK_13362ac3e792c69417e1a53d355" PRIMARY KEY ("kid")
      )`,
    );
    await queryRunner.query(
      `CREATE TABLE "refresh_tokens" (
        "hash" bytea NOT NULL,
        "session_id" uuid NOT NULL,
        "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        "rotated_at" TIMESTAMP WITH TIME ZONE,
        CONSTRAINT "PK_2cf4b2a681a38f8044d688b9ccb" PRIMARY KEY ("hash")
      )`,
    );
    await queryRunner.query(`CREATE INDEX "refresh_tokens_session_id" ON "refresh_tokens" ("session_id")`);
    await queryRunner.query(
      `CREATE TABLE "sessions" (
        "id" uuid NOT NULL,
        "account_id" text NOT NULL,
        "device_id" text NOT NULL,
        "device_type" text NOT NULL,
        "device_name" text,
        "browser" text,
        "os" text,
        "ip" text NOT NULL,
        "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        "last_seen_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        "used_at" TIMESTAMP WITH TIME ZONE,
        "idle_for" integer NOT NULL,
        "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
        "ended_at" TIMESTAMP WITH TIME ZONE,
        "ended_reason" text,
        CONSTRAINT "PK_3238ef96f18b355b671619111bc" PRIMARY KEY ("id")
      )`,
    );
    await queryRunner.query(`CREATE INDEX "sessions_expires_at" ON "sessions" ("expires_at")`);
    await queryRunner.query(`CREATE INDEX "sessions_ended_at" ON "sessions" ("ended_at")`);
    await queryRunner.query(
      `CREATE INDEX "sessions_live" ON "sessions" ("account_id", "device_type") WHERE ended_at IS NULL`,
    );
    await queryRunner.query(
      `CREATE TABLE "tickets" (
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
        "phone_session_id" uuid,
        "phone_device_id" text,
        "scan_token_hash" bytea,
        "number" smallint,
        "wrong_numbers" smallint NOT NULL DEFAULT '0',
        "deny_reason" text,
        "session_id" uuid,
        "redeemed_at" TIMESTAMP WITH TIME ZONE,
        CONSTRAINT "tickets_status" CHECK (status IN ('pending', 'scanned', 'confirmed', 'denied', 'cancelled', 'redeemed')),
        CONSTRAINT "PK_e522585e9439011828e606834e4" PRIMARY KEY ("uuid")
      )`,
    );
    await queryRunner.query(`CREATE INDEX "tickets_expires_at" ON "tickets" ("expires_at")`);
    await queryRunner.query(
      `CREATE TABLE "sign_in_failures" (
        "key" bytea NOT NULL,
        "failures" integer NOT NULL DEFAULT '0',
        "at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        "blocked_until" TIMESTAMP WITH TIME ZONE,
        CONSTRAINT "sign_in_failures_pkey" PRIMARY KEY ("key")
      )`,
    );
    await queryRunner.query(`CREATE INDEX "sign_in_failures_at" ON "sign_in_failures" ("at")`);
    await queryRunner.query(
      `CREATE TABLE "audit_events" (
        "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        "event" text NOT NULL,
        "account_id" text,
        "session_id" uuid,
        "ticket_uuid" uuid,
        "ip" text,
        "detail" jsonb,
        CONSTRAINT "PK_910f64d901a5c3e9878f0d4a407" PRIMARY KEY ("id")
      )`,
    );
    await queryRunner.query(`CREATE INDEX "audit_events_at" ON "audit_events" ("at")`);
    await queryRunner.query(
      `CREATE INDEX "audit_events_of_account" ON "audit_events" ("account_id", "id") WHERE account_id IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "audit_events"`);
    await queryRunner.query(`DROP TABLE "sign_in_failures"`);
    await queryRunner.query(`DROP TABLE "tickets"`);
    await queryRunner.query(`DROP TABLE "sessions"`);
    await queryRunner.query(`DROP TABLE "refresh_tokens"`);
    await queryRunner.query(`DROP TABLE "signing_keys"`);
    await queryRunner.query(`DROP TABLE "accounts"`);
  }
}

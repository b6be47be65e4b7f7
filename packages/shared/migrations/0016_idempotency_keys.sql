CREATE TABLE "idempotency_keys" (
	"caller_id" uuid NOT NULL,
	"key_hash" text NOT NULL,
	"request_hash" text NOT NULL,
	"resource_id" uuid NOT NULL,
	"lease_id" uuid,
	"lease_until" timestamp with time zone,
	"response" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_caller_id_key_hash_pk" PRIMARY KEY("caller_id","key_hash"),
	CONSTRAINT "idempotency_keys_lease" CHECK (("idempotency_keys"."lease_id" is null) = ("idempotency_keys"."lease_until" is null)),
	CONSTRAINT "idempotency_keys_response" CHECK ("idempotency_keys"."response" is null or "idempotency_keys"."lease_id" is null)
);
--> statement-breakpoint
CREATE INDEX "idempotency_keys_created_at" ON "idempotency_keys" USING btree ("created_at");
CREATE TABLE "encryption_keys" (
	"id" text NOT NULL,
	"fingerprint" text NOT NULL,
	"used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "encryption_keys_id_fingerprint_pk" PRIMARY KEY("id","fingerprint")
);
--> statement-breakpoint
-- The keys that have encrypted what is stored now. Without their records, a program would start although one is missing.
INSERT INTO "encryption_keys" ("id", "fingerprint")
SELECT DISTINCT split_part(sealed, '.', 2), left(split_part(sealed, '.', 3), 5) FROM (
  SELECT credentials AS sealed FROM grants
  UNION ALL SELECT target FROM connections
  UNION ALL SELECT credentials FROM revocations
  UNION ALL SELECT client FROM registrations
  UNION ALL SELECT secrets FROM endpoints
  UNION ALL SELECT events FROM notices
  UNION ALL SELECT pending FROM handshakes
  UNION ALL SELECT new_secret FROM handshakes
  UNION ALL SELECT response FROM idempotency_keys
) AS stored WHERE starts_with(sealed, 'v1.');

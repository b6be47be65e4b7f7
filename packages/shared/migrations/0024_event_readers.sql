CREATE TABLE "event_readers" (
	"name" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL
);

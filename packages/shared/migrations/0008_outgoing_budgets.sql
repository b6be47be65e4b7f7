CREATE TABLE "outgoing_budgets" (
	"key" text PRIMARY KEY NOT NULL,
	"full_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "outgoing_budgets_full_at" ON "outgoing_budgets" USING btree ("full_at");
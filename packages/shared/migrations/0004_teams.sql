CREATE TABLE "team_members" (
	"team_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	CONSTRAINT "team_members_team_id_user_id_pk" PRIMARY KEY("team_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"id" uuid PRIMARY KEY NOT NULL,
	"external_id" text NOT NULL,
	"name" text NOT NULL,
	"owner_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "teams_external_id" UNIQUE("external_id"),
	CONSTRAINT "teams_name" CHECK (length("teams"."name") between 1 and 200)
);
--> statement-breakpoint
ALTER TABLE "api_keys" DROP CONSTRAINT "api_keys_scopes";
--> statement-breakpoint
ALTER TABLE "connection_events" DROP CONSTRAINT "connection_events_event";
--> statement-breakpoint
ALTER TABLE "connections" ALTER COLUMN "user_id" DROP NOT NULL;
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "team_id" uuid;
--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "connected_by" uuid;
--> statement-breakpoint
ALTER TABLE "handshakes" ADD COLUMN "team_id" uuid;
--> statement-breakpoint
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "teams" ADD CONSTRAINT "teams_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE restrict ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "team_members_user" ON "team_members" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "teams_owner" ON "teams" USING btree ("owner_id");
--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_connected_by_users_id_fk" FOREIGN KEY ("connected_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "handshakes" ADD CONSTRAINT "handshakes_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE UNIQUE INDEX "connections_team_provider" ON "connections" USING btree ("team_id","provider") WHERE "connections"."team_id" is not null;
--> statement-breakpoint
CREATE INDEX "connections_connected_by_user" ON "connections" USING btree ("connected_by") WHERE "connections"."connected_by" is not null;
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_scopes" CHECK (cardinality("api_keys"."scopes") > 0 and "api_keys"."scopes" <@ array['users:write', 'teams:write', 'connections:read', 'connections:write', 'connections:import', 'connections:proxy', 'notifications:read', 'notifications:write', 'notifications:broadcast', 'admin']);
--> statement-breakpoint
ALTER TABLE "connection_events" ADD CONSTRAINT "connection_events_event" CHECK ("connection_events"."event" in ('connection.connected', 'connection.reconnected', 'connection.needs_reauth', 'connection.recovered', 'connection.transferred', 'connection.disconnected'));
--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_holder" CHECK (num_nonnulls("connections"."user_id", "connections"."team_id") = 1);
--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_connected_by" CHECK ("connections"."team_id" is not null or "connections"."connected_by" is null);
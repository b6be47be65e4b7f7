CREATE TABLE "audit_entries" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"action" text NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" uuid,
	"operator" text,
	"target_kind" text NOT NULL,
	"target_id" text NOT NULL,
	"user_id" uuid,
	"team_id" uuid,
	"request_id" text,
	"ip_address" text,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "audit_entries_action" CHECK ("audit_entries"."action" ~ '^[a-z_]+[.][a-z_]+$'),
	CONSTRAINT "audit_entries_actor" CHECK (case "audit_entries"."actor_kind"
    when 'apiKey' then "audit_entries"."actor_id" is not null and "audit_entries"."operator" is null
    when 'user' then "audit_entries"."actor_id" is not null and "audit_entries"."operator" is null
    when 'operator' then "audit_entries"."actor_id" is null and "audit_entries"."operator" is not null
    else "audit_entries"."actor_kind" = 'system' and "audit_entries"."actor_id" is null and "audit_entries"."operator" is null end),
	CONSTRAINT "audit_entries_details" CHECK (jsonb_typeof("audit_entries"."details") = 'object')
);
--> statement-breakpoint
CREATE INDEX "audit_entries_action" ON "audit_entries" USING btree ("action","id");--> statement-breakpoint
CREATE INDEX "audit_entries_actor" ON "audit_entries" USING btree ("actor_kind","actor_id","id");--> statement-breakpoint
CREATE INDEX "audit_entries_target" ON "audit_entries" USING btree ("target_id","id");--> statement-breakpoint
CREATE INDEX "audit_entries_user" ON "audit_entries" USING btree ("user_id","id") WHERE "audit_entries"."user_id" is not null;--> statement-breakpoint
-- Keeps entries as they are. Two changes are allowed, by what they do and not by who asks: deleting entries of more than thirty
-- days, which the retention does later, and removing the address of a user whose data is erased.
CREATE FUNCTION "protect_audit_entry"() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	if tg_op = 'DELETE' and old.created_at < now() - interval '30 days' then return old; end if;
	if tg_op = 'UPDATE' and old.actor_kind = 'user' and new.ip_address is null
		and to_jsonb(new) - 'ip_address' = to_jsonb(old) - 'ip_address' then return new; end if;
	raise exception 'audit_entries is append-only: an entry can neither be changed nor deleted' using errcode = 'insufficient_privilege';
end $$;
--> statement-breakpoint
CREATE FUNCTION "protect_audit_entries"() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	raise exception 'audit_entries is append-only: it cannot be truncated' using errcode = 'insufficient_privilege';
end $$;
--> statement-breakpoint
CREATE TRIGGER "audit_entries_protected" BEFORE UPDATE OR DELETE ON "audit_entries"
	FOR EACH ROW EXECUTE FUNCTION "protect_audit_entry"();
--> statement-breakpoint
CREATE TRIGGER "audit_entries_kept" BEFORE TRUNCATE ON "audit_entries"
	FOR EACH STATEMENT EXECUTE FUNCTION "protect_audit_entries"();

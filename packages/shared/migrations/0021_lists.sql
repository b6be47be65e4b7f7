CREATE INDEX "connections_active" ON "connections" USING btree ("provider","id") WHERE "connections"."status" = 'active';--> statement-breakpoint
CREATE INDEX "connections_inactive" ON "connections" USING btree ("status","provider","id") WHERE "connections"."status" <> 'active';--> statement-breakpoint
CREATE INDEX "deliveries_connection" ON "deliveries" USING btree ("connection_id","notification_id");--> statement-breakpoint
CREATE INDEX "notifications_scheduled" ON "notifications" USING btree ("id") WHERE "notifications"."send_at" is not null;--> statement-breakpoint
CREATE INDEX "notifications_paused" ON "notifications" USING btree ("id") WHERE "notifications"."paused_at" is not null;--> statement-breakpoint
CREATE INDEX "notifications_canceled" ON "notifications" USING btree ("id") WHERE "notifications"."canceled_at" is not null;--> statement-breakpoint
CREATE INDEX "teams_in_order" ON "teams" USING btree ("external_id" collate "C");--> statement-breakpoint
CREATE INDEX "users_in_order" ON "users" USING btree ("external_id" collate "C");
import t from 'tap'
import { compatibleSince } from '../../src/db/compatible-since.ts'

const first = ['CREATE TABLE "users" ("id" uuid PRIMARY KEY NOT NULL);']

/** Whether code that knows only the first migration works with the tables after these statements. */
function works (...sql: string[]): boolean {
  return compatibleSince([first, sql].map((sql, index) => ({ sql, folderMillis: index + 1, hash: '', bps: true }))) === 1
}

t.test('older code works with tables to which a migration only adds', async (t) => {
  for (const sql of [
    ['CREATE TABLE "teams" ("id" uuid PRIMARY KEY NOT NULL);\n', 'ALTER TABLE "teams" ADD CONSTRAINT "one" FOREIGN KEY ("id") REFERENCES "public"."users"("id");'],
    ['CREATE TABLE "teams" ("id" uuid);', 'CREATE UNIQUE INDEX "one" ON "teams" USING btree ("id");'],
    ['CREATE TABLE "teams" ("id" uuid);', 'INSERT INTO "teams" ("id") SELECT id FROM users;'],
    ['CREATE INDEX "users_at" ON "users" USING btree ("at") WHERE "at" is not null;'],
    ['-- why\nALTER TABLE "users" ADD COLUMN "name" text;'],
    ['ALTER TABLE "users" ADD COLUMN "count" integer DEFAULT 0 NOT NULL;']
  ]) t.ok(works(...sql), sql.join(' '))
})

t.test('older code does not work with tables that a migration changes', async (t) => {
  for (const sql of [
    'ALTER TABLE "users" ADD COLUMN "name" text NOT NULL;',
    'ALTER TABLE "users" ADD CONSTRAINT "one" CHECK ("users"."name" is not null);',
    'CREATE UNIQUE INDEX "one" ON "users" USING btree ("name");',
    'ALTER TABLE "users" DROP COLUMN "name";',
    'ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL;',
    'ALTER TABLE "users" ADD COLUMN "name" text; DROP TABLE "teams";',
    'update users set name = id',
    'INSERT INTO "users" ("id") SELECT gen_random_uuid();'
  ]) t.notOk(works(sql), sql)
})

t.test('a change ends the compatibility of all code before it', async (t) => {
  const migrations = [first, ['DROP TABLE "a";'], ['CREATE INDEX "b" ON "users" USING btree ("id");'], ['ALTER TABLE "users" ADD COLUMN "c" text;']]
    .map((sql, index) => ({ sql, folderMillis: index + 1, hash: '', bps: true }))
  t.equal(compatibleSince(migrations.toReversed()), 2)
})

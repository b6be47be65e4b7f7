import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import postgres from 'postgres'
import type { Test } from 'tap'
import { testDatabase } from './test-database.ts'

const migrations = new URL('../../../shared/migrations/', import.meta.url)

/** A database without any table, for this test. */
export async function emptyDatabase (t: Test): Promise<{ url: string }> {
  const { url } = await testDatabase(t)
  await run(url, ['drop schema if exists public, drizzle, bullmq cascade', 'create schema public'])
  return { url }
}

/** A database before the migration whose name starts with `number`, such as `0006`. */
export async function earlierDatabase (t: Test, number: string): Promise<{ url: string }> {
  const { url } = await emptyDatabase(t)
  const { entries } = JSON.parse(await readFile(new URL('meta/_journal.json', migrations), 'utf8')) as {
    entries: Array<{ tag: string, when: number }>
  }
  const earlier = entries.filter(({ tag }) => tag < number)
  if (earlier.length === 0 || earlier.length === entries.length) throw new Error(`no migration begins with ${number}`)
  await run(url, [
    'create schema drizzle',
    'create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)'
  ])
  for (const { tag, when } of earlier) {
    const text = await readFile(new URL(`${tag}.sql`, migrations), 'utf8')
    const hash = createHash('sha256').update(text).digest('hex')
    await run(url, [
      ...text.split('--> statement-breakpoint'),
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('${hash}', ${when})`
    ])
  }
  return { url }
}

async function run (url: string, statements: string[]): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    for (const statement of statements) await sql.unsafe(statement)
  } finally {
    await sql.end()
  }
}

import { testDatabase } from '@carillon/testing'
import type { Test } from 'tap'
import { openDatabase } from '../src/db/index.ts'
import type { Database } from '../src/db/index.ts'

/** A migrated database of this test's own, open for it. */
export async function openTestDatabase (t: Test, options: { max?: number } = {}): Promise<Database & { url: string }> {
  const { url } = await testDatabase(t)
  const database = openDatabase({ url, ...options })
  t.teardown(() => database.close())
  return { ...database, url }
}

/** The address of a database without any of our tables. */
export async function emptyDatabase (t: Test): Promise<{ url: string }> {
  const { url } = await testDatabase(t)
  const { sql, close } = openDatabase({ url, max: 1 })
  await sql`drop schema if exists public, drizzle, bullmq cascade`
  await sql`create schema public`
  await close()
  return { url }
}

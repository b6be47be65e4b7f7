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

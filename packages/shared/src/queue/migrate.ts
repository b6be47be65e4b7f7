import { runMigrations } from 'bullmq'
import pg from 'pg'

/** Brings BullMQ's own tables at `url` up to date; they are used when there is no Redis. Safe to run from several places. */
export async function migrateQueue ({ url }: { url: string }): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await runMigrations(client)
  } finally {
    await client.end()
  }
}

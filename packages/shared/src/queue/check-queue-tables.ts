import {
  LATEST_SCHEMA_VERSION, SchemaMigrationRequiredError, SchemaVersionMismatchError, assertSchemaCompatibility
} from 'bullmq'
import type { PgPool } from 'bullmq'
import { StoreError } from '../stores/store-error.ts'

/** Rejects with a StoreError when BullMQ's own tables are missing, older or newer than this code. */
export async function checkQueueTables (pool: PgPool): Promise<void> {
  let version: number
  try {
    version = await assertSchemaCompatibility(pool)
  } catch (error) {
    if (error instanceof SchemaVersionMismatchError) {
      throw new StoreError('DATABASE_URL: the queue tables are newer than this Carillon; start the newer Carillon.')
    }
    const isMissing = error instanceof SchemaMigrationRequiredError || (error instanceof Error && 'code' in error && error.code === '3F000')
    if (isMissing) throw new StoreError('DATABASE_URL: the database has no queue tables yet; run `carillon migrate`.')
    throw error
  }
  if (version < LATEST_SCHEMA_VERSION) throw new StoreError('DATABASE_URL: the queue tables are older than this Carillon; run `carillon migrate`.')
}

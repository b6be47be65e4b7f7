import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbeddedPostgres } from '@carillon/local'
import { migrateDatabase } from '@carillon/shared/db'
import { migrateQueue } from '@carillon/shared/queue'
import type { Test } from 'tap'
import { makeDataFolder } from './data-folder.ts'

export interface OwnPostgres {
  /** The URL of a migrated database, the same after every start. */
  url: string
  /** Stops the server in order, or kills it as a power failure would. */
  stop: (how?: 'close' | 'kill') => Promise<void>
  start: () => Promise<void>
}

interface Options {
  /** Whether committed data must survive a crash. */
  durable?: boolean
  /** Prepares another PostgreSQL in the server's folder. Returns `binariesFrom` of `openEmbeddedPostgres`. */
  prepareBinaries?: (folder: string) => Promise<string>
}

/** A PostgreSQL server for this test only, which can be stopped and started. Ends with the test. */
export async function ownPostgres (t: Test, { durable = true, prepareBinaries }: Options = {}): Promise<OwnPostgres> {
  const folder = await makeDataFolder()
  const binariesFrom = await prepareBinaries?.(folder)
  const open = () => openEmbeddedPostgres({ dataDir: join(folder, 'postgres'), durable, ...binariesFrom === undefined ? {} : { binariesFrom } })
  let server = await open()
  t.teardown(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })
  const { url } = server
  await migrateDatabase({ url })
  await migrateQueue({ url })
  return {
    url,
    stop: async (how = 'close') => {
      if (how === 'kill') server.kill()
      else await server.close()
      await server.exited
    },
    start: async () => { server = await open() }
  }
}

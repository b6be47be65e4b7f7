import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedPostgres } from '@carillon/local'
import { migrateDatabase } from '@carillon/shared/db'
import { migrateQueue } from '@carillon/shared/queue'
import type { Test } from 'tap'

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
  // Uses the real path and allows access by other users, because root's PostgreSQL runs as the user postgres.
  const folder = await realpath(await mkdtemp(join(tmpdir(), `carillon-test-${process.pid}-`)))
  await chmod(folder, 0o755)
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

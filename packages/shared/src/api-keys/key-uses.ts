import type { Database } from '../db/index.ts'
import { runWithRequestId } from '../log/index.ts'

/** Uses of a key within this time are one. */
const resolutionMs = 60_000

interface KeyUse {
  keyId: string
  /** Milliseconds since the epoch. */
  at: number
  from: string
}

interface KeyUses {
  /** `readNetwork` returns the network of the request. */
  record: (keyId: string, at: number, readNetwork: () => string) => void
  /** Writes what was not written. */
  close: () => Promise<void>
}

interface KeyUsesOptions {
  database: Pick<Database, 'sql'>
  /** Called when uses could not be written. They are written with the next ones. */
  onError: (error: unknown) => void
  /** How long after a use it is written, together with those that follow. */
  writeAfterMs?: number
}

/** Keeps the last use of each key in memory, and writes them together. No request waits for it. */
export function createKeyUses ({ database, onError, writeAfterMs = 10_000 }: KeyUsesOptions): KeyUses {
  /** When the last use of each key was recorded. */
  const recorded = new Map<string, number>()
  let unwritten = new Map<string, KeyUse>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  function schedule (): void {
    // The uses belong to several requests.
    timer ??= runWithRequestId(null, () => setTimeout(() => { writing = write() }, writeAfterMs).unref())
  }

  async function write (): Promise<void> {
    timer = undefined
    const uses = [...unwritten.values()]
    unwritten = new Map()
    if (uses.length === 0) return
    try {
      await writeKeyUses(database, uses)
    } catch (error) {
      // Later uses replace these.
      unwritten = new Map([...uses.map((use) => [use.keyId, use] as const), ...unwritten])
      onError(error)
    }
  }

  return {
    record: (keyId, at, readNetwork) => {
      if (at - (recorded.get(keyId) ?? -Infinity) < resolutionMs) return
      recorded.set(keyId, at)
      unwritten.set(keyId, { keyId, at, from: readNetwork() })
      schedule()
    },
    close: async () => {
      clearTimeout(timer)
      await writing
      await write()
    }
  }
}

async function writeKeyUses ({ sql }: Pick<Database, 'sql'>, uses: KeyUse[]): Promise<void> {
  const rows = uses.map(({ keyId, at, from }) => ({ id: keyId, at: new Date(at).toISOString(), from }))
  await sql`
    with used as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as used (id uuid, at timestamptz, "from" text)
    ), locked as materialized (
      -- A row that another process updates gets a use of this minute anyway.
      select used.* from used join api_keys on api_keys.id = used.id
      where last_used_at is null or last_used_at < used.at for no key update of api_keys skip locked
    )
    update api_keys set last_used_at = locked.at, last_used_from = locked."from" from locked where api_keys.id = locked.id`
}

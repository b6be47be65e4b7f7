import type { Database } from '../db/index.ts'
import { logRepeats } from '../log/index.ts'
import type { Log } from '../log/index.ts'
import { StoreError } from '../stores/index.ts'
import { identifyKey } from '../vault/index.ts'
import type { VaultKey } from '../vault/index.ts'
import { recordKeyUse, reportEveryMs } from './key-records.ts'
import { describeMissingKey, findMissingKeys } from './missing-keys.ts'

/**
 * Records every few seconds with which key this process encrypts, until `close`. Rejects with a StoreError when a key is missing
 * that stored values need: the process would fail their deliveries.
 */
export async function startKeyReports (
  { database, keys, log }: { database: Database, keys: [VaultKey, ...VaultKey[]], log: Log }
): Promise<{ close: () => Promise<void> }> {
  const missing = await findMissingKeys(database, keys)
  if (missing.length > 0) throw new StoreError([...missing.map(describeMissingKey), lostKeyHint].join('\n'))
  const current = identifyKey(keys[0])
  const onError = logRepeats(log, 'warn', 'could not record the encryption key of this process')
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  // The record comes before the first value.
  await recordKeyUse(database, current)
  let reporting = Promise.resolve()
  schedule()

  function schedule (): void {
    if (isClosed) return
    timer = setTimeout(() => { reporting = recordKeyUse(database, current).catch(onError).then(schedule) }, reportEveryMs).unref()
  }

  return {
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await reporting
    }
  }
}

const lostKeyHint = 'If a key is lost, `carillon keys rotate --forget KEY` lets the programs start without it. The users have to connect again.'

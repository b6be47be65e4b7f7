import { setTimeout as sleep } from 'node:timers/promises'
import { recordAudit } from '../audit/index.ts'
import type { Actor } from '../audit/index.ts'
import type { Database } from '../db/index.ts'
import { identifyKey, sealedColumns } from '../vault/index.ts'
import type { SealedColumnName, Vault, VaultKey } from '../vault/index.ts'
import { countValues, isSameKey } from './count-values.ts'
import type { KeyUse } from './count-values.ts'
import { deleteKeyRecord, listKeyRecords, recordKeyUse } from './key-records.ts'
import { rotateColumn } from './rotate-column.ts'

export interface RotationProgress {
  /** How many values were encrypted with the current key so far, of how many at the start. */
  rotated: number
  total: number
}

export interface RotationResult extends RotationProgress {
  /** What other keys still encrypt. */
  left: KeyUse[]
  /** Whether the signal ended it early. */
  isAborted: boolean
}

/** Rows that others had locked or have changed are found by the next pass. */
const maxPasses = 5
/** What others do with a row takes less time than this. */
const passDelayMs = 200

/**
 * Encrypts all stored values with the first key, while the API and the workers run. Values that already have the key are left
 * alone, so a run continues where an earlier one has ended. Forgets keys that encrypt nothing any more.
 */
export async function rotateKeys (
  { database, vault, keys, actor }: { database: Database, vault: Vault, keys: [VaultKey, ...VaultKey[]], actor: Actor },
  { onProgress, signal }: { onProgress: (progress: RotationProgress) => void, signal: AbortSignal }
): Promise<RotationResult> {
  const current = identifyKey(keys[0])
  await recordKeyUse(database, current)
  const countStale = async (): Promise<KeyUse[]> => (await countValues(database)).filter((use) => !isSameKey(use, current))

  let left = await countStale()
  const total = sumOf(left)
  if (total > 0) {
    // Before the first change, so that a run that is killed has its entry too.
    const from = [...new Set(left.map(({ id }) => id))]
    await recordAudit(database, { actor, action: 'encryption_key.rotated', target: { kind: 'encryptionKey', id: current.id }, details: { from, values: total } })
  }
  let rotated = 0
  const onBatch = (count: number): void => {
    rotated += count
    onProgress({ rotated, total: Math.max(total, rotated) })
  }
  for (let pass = 0; pass < maxPasses && left.length > 0 && !signal.aborted; pass++) {
    if (pass > 0) await sleep(passDelayMs)
    let closed = 0
    for (const name of Object.keys(sealedColumns) as SealedColumnName[]) {
      if (left.some(({ column }) => column === name)) {
        closed += await rotateColumn(database, vault, { name, current }, { onBatch, signal })
      }
    }
    left = await countStale()
    if (sumOf(left) <= closed) break
  }
  for (const record of await listKeyRecords(database)) {
    const isNeeded = isSameKey(record, current) || left.some((use) => isSameKey(use, record))
    if (!isNeeded && !signal.aborted) await deleteKeyRecord(database, record)
  }
  return { rotated, total: Math.max(total, rotated), left, isAborted: signal.aborted }
}

function sumOf (uses: KeyUse[]): number {
  return uses.reduce((sum, { values }) => sum + values, 0)
}

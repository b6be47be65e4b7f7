import { loadConfig } from '@carillon/shared/config'
import type { Database } from '@carillon/shared/db'
import { isSameKey, listKeyRecords, rotateKeys } from '@carillon/shared/encryption-keys'
import { createVault, identifyKey } from '@carillon/shared/vault'
import type { KeyIdentity } from '@carillon/shared/vault'
import { poll } from '@carillon/shared/retry'
import type { CommandContext } from '../command-context.ts'
import { ExitError } from '../exit-error.ts'
import { createInterruption } from '../notifications/interruption.ts'
import { operatorActor } from '../operator-actor.ts'
import { withDatabase } from '../with-database.ts'
import { describeUses } from './describe-uses.ts'
import { createRotationView } from './rotation-view.ts'

/** Encrypts all stored values with the first key, and reports what other keys still encrypt. */
export async function rotateEncryption (context: CommandContext): Promise<void> {
  const { env, print, terminal: { output } } = context
  const { CARILLON_KEYS: keys } = loadConfig(env, ['CARILLON_KEYS'])
  const current = identifyKey(keys[0])
  const { signal } = createInterruption(context)
  await withDatabase(env, async (database) => {
    await waitForOthers(database, current, { say: (line) => { output.write(`${line}\n`) }, signal })
    const view = createRotationView(output)
    const { rotated, left, isAborted } = await rotateKeys(
      { database, vault: createVault(keys), keys, actor: operatorActor() }, { onProgress: view.show, signal }
    ).finally(view.close)
    if (isAborted) throw new ExitError(`stopped after ${count(rotated)}; run the command again to continue`, 130)
    print(`${count(rotated)} encrypted with the key ${current.id}`)
    if (left.length === 0) return print('No value needs another key.')
    for (const line of describeUses(left, keys)) output.write(`${line}\n`)
    throw new Error('other keys still encrypt the values above: do not remove them from CARILLON_KEYS')
  })
}

/**
 * A process that encrypts with another key would add values of that key, and may not have the new one. Waits for the reports of
 * processes that have stopped to expire.
 */
async function waitForOthers (
  database: Database, current: KeyIdentity, { say, signal }: { say: (line: string) => void, signal: AbortSignal }
): Promise<void> {
  const others = async () => (await listKeyRecords(database))
    .filter((record) => record.inUseForSeconds > 0 && !isSameKey(record, current))
  const first = await others()
  if (first.length === 0) return
  const ids = first.map(({ id }) => id).join(', ')
  const seconds = Math.ceil(Math.max(...first.map(({ inUseForSeconds }) => inUseForSeconds)))
  say(`A process encrypted with the key ${ids} just now. Waiting ${seconds} s to see whether it has stopped.`)
  const timeoutMs = (seconds + 2) * 1_000
  const isFree = await poll(async () => (await others()).length === 0 ? true : undefined, { timeoutMs, signal })
  signal.throwIfAborted()
  if (isFree === true) return
  throw new Error(`a running process encrypts with the key ${ids}. Put ${current.id} first in its CARILLON_KEYS, restart it, and run this again`)
}

function count (values: number): string {
  return values === 1 ? '1 value' : `${values} values`
}

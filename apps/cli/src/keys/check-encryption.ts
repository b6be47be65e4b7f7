import { recordAudit } from '@carillon/shared/audit'
import { loadConfig } from '@carillon/shared/config'
import { inTransaction } from '@carillon/shared/db'
import { countValues, deleteKeyRecord, isSameKey, listKeyRecords } from '@carillon/shared/encryption-keys'
import { identifyKey } from '@carillon/shared/vault'
import type { CommandContext } from '../command-context.ts'
import { operatorActor } from '../operator-actor.ts'
import { withDatabase } from '../with-database.ts'
import { describeUses } from './describe-uses.ts'

/** Prints how many values each key encrypts. With a key, fails when it must not be removed from CARILLON_KEYS. */
export async function checkEncryption (
  { env, print, terminal: { output } }: CommandContext, id: string | undefined
): Promise<void> {
  const { CARILLON_KEYS: keys } = loadConfig(env, ['CARILLON_KEYS'])
  await withDatabase(env, async (database) => {
    const uses = await countValues(database)
    if (id === undefined) return describeUses(uses, keys).forEach(print)
    const key = keys.find((one) => one.id === id)
    if (key === keys[0]) throw new Error(`${id} is the first key of CARILLON_KEYS, which encrypts: put another key before it`)
    const records = (await listKeyRecords(database)).filter((record) => record.id === id)
    const own = uses.filter((use) => use.id === id)
    if (key === undefined && own.length === 0 && records.length === 0) throw new Error(`there is no key ${id}, in CARILLON_KEYS or among those that encrypted something`)
    if (records.some(({ inUseForSeconds }) => inUseForSeconds > 0)) throw new Error(`a process encrypted with the key ${id} within the last 30 seconds: do not remove it`)
    const values = own.reduce((sum, use) => sum + use.values, 0)
    if (values > 0) {
      throw new Error(`${id} is used by ${values} ${values === 1 ? 'value' : 'values'} (${own.map((use) => `${use.column} ${use.values}`).join(', ')}): do not remove it. ` +
        'Run `carillon keys rotate` first.')
    }
    print(`No stored value needs the key ${id}: you may remove it from CARILLON_KEYS.`)
    output.write(`${notStored}\n`)
  })
}

/** Lets programs start without a key that is lost. What it encrypted stays, and cannot be decrypted. */
export async function forgetKey ({ env, print }: CommandContext, id: string): Promise<void> {
  const { CARILLON_KEYS: keys } = loadConfig(env, ['CARILLON_KEYS'])
  const known = keys.map(identifyKey)
  await withDatabase(env, async (database) => {
    const records = await listKeyRecords(database)
    const lost = records.filter((record) => record.id === id && !known.some((key) => isSameKey(key, record)))
    if (lost.length === 0) throw new Error(`${id} is not missing from CARILLON_KEYS`)
    const values = (await countValues(database)).filter((use) => lost.some((key) => isSameKey(key, use)))
      .reduce((sum, use) => sum + use.values, 0)
    await inTransaction(database, async (tx) => {
      for (const key of lost) if (!await deleteKeyRecord(tx, key)) throw new Error(`a process encrypted with the key ${id} within the last 30 seconds, so it is not lost`)
      await recordAudit(tx, { actor: operatorActor(), action: 'encryption_key.forgotten', target: { kind: 'encryptionKey', id }, details: { values } })
    })
    print(`Programs start without the key ${id}. ${values} ${values === 1 ? 'value' : 'values'} that it encrypted cannot be decrypted.`)
  })
}

const notStored = 'What the key signed is not stored, and stops working when you remove it: links to unsubscribe in mails that were sent with it, ' +
  'user tokens unless USER_TOKEN_KEYS is set, and what docs/operations.md lists.'

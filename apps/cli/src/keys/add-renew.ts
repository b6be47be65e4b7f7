import type { Argument, Command } from 'commander'
import { defaultOverlapSeconds, keyRotated, maxOverlapSeconds, overlapEnd, rotateApiKey } from '@carillon/shared/api-keys'
import type { ApiKey } from '@carillon/shared/api-keys'
import { recordAudit } from '@carillon/shared/audit'
import { inTransaction, publicId } from '@carillon/shared/db'
import type { CommandContext } from '../command-context.ts'
import { operatorActor } from '../operator-actor.ts'
import { printable } from '../printable.ts'
import { withDatabase } from '../with-database.ts'
import { lifetime } from './lifetime.ts'

/** API keys are renewed, because `keys rotate` is for the keys of variables. */
export function addRenew (keys: Command, id: Argument, { env, print, terminal: { output } }: CommandContext): void {
  keys.command('renew')
    .summary('give an API key a new secret')
    .description('Gives an API key a new secret and prints it to standard output. Its id, name and scopes stay the same. The earlier secret works for the time of --overlap.')
    .addArgument(id)
    .option('--overlap <time>', 'for how long the earlier secret works: 0, or a time such as 24h', parseOverlap, defaultOverlapSeconds)
    .option('--expires <time>', 'when the key expires, from now, such as 90d. Without it, its expiry stays', lifetime(60))
    .option('--quiet', 'print the key and nothing else')
    .option('--json', 'print {"id", "key"}')
    .action(async (keyId: string, { overlap, expires, quiet, json }: RenewOptions) => {
      const now = Date.now()
      const expiresAt = expires === undefined ? undefined : new Date(now + expires * 1_000)
      const rotation = { overlapSeconds: overlap, expiresAt, now }
      const renewed = await withDatabase(env, (database) => inTransaction(database, async (tx) => {
        const rotated = await rotateApiKey(tx, keyId, rotation)
        if (rotated !== undefined) await recordAudit(tx, keyRotated(operatorActor(), keyId, rotation))
        return rotated
      }))
      const id = publicId('apiKey', keyId)
      if (renewed === undefined) throw new Error(`there is no key ${id}, or it is revoked`)
      const { apiKey, key } = renewed
      if (json === true) return print(JSON.stringify({ id, key }))
      print(key)
      if (quiet !== true) output.write(`Renewed ${id} (${printable(apiKey.name)}). Copy the key now: it is not shown again. ${describe(apiKey, now)}\n`)
    })
}

interface RenewOptions {
  overlap: number
  expires?: number
  quiet?: true
  json?: true
}

function describe (apiKey: ApiKey, now: number): string {
  const until = overlapEnd(apiKey, now)
  const earlier = until === null ? 'The earlier secret has ended.' : `The earlier secret works until ${until.toISOString()}.`
  const { expiresAt } = apiKey
  if (expiresAt === null) return earlier
  if (expiresAt.getTime() <= now) return `${earlier} The key has expired: run the command with --expires.`
  return `${earlier} The key expires at ${expiresAt.toISOString()}.`
}

function parseOverlap (text: string): number {
  return text === '0' ? 0 : lifetime(60, maxOverlapSeconds)(text)
}

import { Argument, InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { createApiKey, keyCreated, keyRevoked, listApiKeys, revokeApiKey } from '@carillon/shared/api-keys'
import { recordAudit } from '@carillon/shared/audit'
import { keyGenerators, listKeys, loadConfig } from '@carillon/shared/config'
import { inTransaction, parseId, publicId, scopes } from '@carillon/shared/db'
import type { Scope } from '@carillon/shared/db'
import type { CommandContext } from '../command-context.ts'
import { checkEncryption, forgetKey } from '../keys/check-encryption.ts'
import { rotateEncryption } from '../keys/rotate-encryption.ts'
import { addRenew } from '../keys/add-renew.ts'
import { keyTable, toKeyJson } from '../keys/key-table.ts'
import { lifetime } from '../keys/lifetime.ts'
import { operatorActor } from '../operator-actor.ts'
import { printable } from '../printable.ts'
import { openDataDir } from '../up/data-dir.ts'
import { rotateProviderKey } from '../up/secrets.ts'
import { withDatabase } from '../with-database.ts'

const generators = keyGenerators()

export function addKeys (program: Command, context: CommandContext): void {
  const keys = program.command('keys')
    .summary('manage API keys and encryption keys')
    .description('Manages API keys and encryption keys in the database at DATABASE_URL, or in that of `carillon up` in CARILLON_DATA_DIR. `generate` uses no database.')
  addCreate(keys, context)
  addList(keys, context)
  addRevoke(keys, context)
  addRenew(keys, new Argument('<id>', 'the id that `keys list` shows (key_…)').argParser(parseKeyId), context)
  addGenerate(keys, context)
  addRotate(keys, context)
}

function addCreate (keys: Command, { env, print, terminal: { output } }: CommandContext): void {
  keys.command('create')
    .summary('create a key and show it once')
    .description('Creates a key and prints it to standard output. Carillon keeps only its hash: copy the key now.')
    .requiredOption('--name <name>', 'what the key is for, 1 to 200 characters', parseName)
    .addOption(new Option('--scope <scope...>', 'what the key may do').choices(scopes))
    .option('--all', 'give the key every scope')
    .option('--expires <time>', 'when the key expires, from now, such as 12h, 90d or 1y. Without it, the key does not expire', lifetime(60))
    .option('--quiet', 'print the key and nothing else')
    .option('--json', 'print {"id", "key"}')
    .action(async ({ name, scope, all, expires, quiet, json }: CreateOptions, command: Command) => {
      const wanted = all === true ? [...scopes] : [...new Set(scope)]
      if (wanted.length === 0) command.error('error: name the scopes of the key with --scope, or use --all')
      const expiresAt = expires === undefined ? null : new Date(Date.now() + expires * 1_000)
      const { id, key } = await withDatabase(env, (database) => inTransaction(database, async (tx) => {
        const created = await createApiKey(tx, { name, scopes: wanted, expiresAt })
        await recordAudit(tx, keyCreated(operatorActor(), { id: created.id, scopes: wanted, expiresAt }))
        return created
      }))
      if (json === true) return print(JSON.stringify({ id: publicId('apiKey', id), key }))
      print(key)
      if (quiet === true) return
      const expiry = expiresAt === null ? '' : ` It expires at ${expiresAt.toISOString()}.`
      output.write(`Created ${publicId('apiKey', id)} (${printable(name)}) with ${wanted.join(', ')}. Copy the key now: it is not shown again.${expiry}\n`)
    })
}

interface CreateOptions {
  name: string
  scope?: Scope[]
  all?: true
  expires?: number
  quiet?: true
  json?: true
}

function addList (keys: Command, { env, print, named, terminal: { output } }: CommandContext): void {
  keys.command('list')
    .summary('list the keys, with their last use and expiry')
    .option('--json', 'print a JSON array')
    .action(async ({ json }: { json?: true }) => {
      const rows = await withDatabase(env, (database) => listApiKeys(database))
      const now = Date.now()
      if (json === true) return print(JSON.stringify(rows.map((row) => toKeyJson(row, now))))
      if (rows.length === 0) output.write(named('There are no keys. Create one with `carillon keys create`.\n'))
      else keyTable(rows, now).forEach(print)
    })
}

function addRevoke (keys: Command, { env, print }: CommandContext): void {
  keys.command('revoke')
    .summary('revoke a key at once')
    .argument('<id>', 'the id that `keys list` shows (key_…)', parseKeyId)
    .action(async (id: string) => {
      const keyId = publicId('apiKey', id)
      const isRevoked = await withDatabase(env, (database) => inTransaction(database, async (tx) => {
        const isChanged = await revokeApiKey(tx, id)
        if (isChanged) await recordAudit(tx, keyRevoked(operatorActor(), id))
        return isChanged
      }))
      if (!isRevoked) throw new Error(`there is no key ${keyId}, or it is already revoked`)
      print(`${keyId} is revoked`)
    })
}

function addGenerate (keys: Command, { env, print }: CommandContext): void {
  keys.command('generate')
    .summary('make a key for a variable, such as the VAPID keys of browsers')
    .description('Prints a value for the variable: a new key, followed by the keys that the environment has. The old keys keep working.')
    .addArgument(variableArgument('<variable>'))
    .action((variable: string) => {
      print([generators[variable]?.() ?? '', ...listKeys(variable, env)].join(','))
    })
}

function addRotate (keys: Command, context: CommandContext): void {
  keys.command('rotate')
    .summary('encrypt all stored values with the first key of CARILLON_KEYS')
    .description(`Encrypts all stored values with the first key of CARILLON_KEYS, while the API and the workers run, so that you can remove the other keys. Before you run it,
restart every process with the new key first and the old keys after it. If the command is interrupted, run it again to continue.

With a variable, adds a new key for it to those of \`carillon up\` in CARILLON_DATA_DIR. The old keys keep working. Stop \`carillon up\` first.`)
    .addArgument(variableArgument('[variable]'))
    .addOption(new Option('--check [key]', 'change nothing: print what each key encrypts, or fail if this key must not be removed').conflicts('forget'))
    .option('--forget <key>', 'let programs start without this key, if it is lost')
    .action(async (variable: string | undefined, { check, forget }: RotateOptions, command: Command) => {
      if (variable !== undefined) {
        if (check !== undefined || forget !== undefined) command.error('error: --check and --forget are about CARILLON_KEYS, and take no variable')
        return await rotateKeyOfUp(context, variable)
      }
      if (forget !== undefined) return await forgetKey(context, forget)
      if (check !== undefined) return await checkEncryption(context, check === true ? undefined : check)
      await rotateEncryption(context)
    })
}

interface RotateOptions {
  check?: string | true
  forget?: string
}

async function rotateKeyOfUp ({ env, print }: CommandContext, variable: string): Promise<void> {
  if (env[variable]) throw new Error(`${variable} is set; set it to the output of \`carillon keys generate ${variable}\` instead`)
  const dataDir = await openDataDir(loadConfig(env).CARILLON_DATA_DIR)
  await rotateProviderKey(dataDir, variable).finally(dataDir.release)
  print(`${variable} has a new key, which \`carillon up\` uses from its next start`)
}

function variableArgument (name: string): Argument {
  return new Argument(name, 'the variable').choices(Object.keys(generators))
}

function parseKeyId (text: string): string {
  const id = parseId('apiKey', text)
  if (id === undefined) throw new InvalidArgumentError('Expected the id of a key; `carillon keys list` shows them.')
  return id
}

function parseName (text: string): string {
  if (text.length < 1 || text.length > 200) throw new InvalidArgumentError('Expected 1 to 200 characters.')
  return text
}

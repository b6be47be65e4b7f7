import { ProviderError } from '@carillon/shared/providers'
import type { Account, Grant, NewSecret, Provider } from '@carillon/shared/providers'
import { chooseAccount } from './choose-account.ts'
import { printable } from '../printable.ts'
import { ConnectFailure } from './connect-failure.ts'
import type { CredentialsFile } from './credentials/credentials-file.ts'
import { connectByToken, obtainGrant } from './handshakes/obtain-grant.ts'
import type { HandshakeContext } from './handshakes/handshake-context.ts'
import { findConnection, withConnection } from './credentials/stored-credentials.ts'
import type { StoredConnection, ConnectionKey } from './credentials/stored-credentials.ts'
import { remove, revoke } from './remove.ts'
import { reuse, readCredentials } from './reuse.ts'

export interface ConnectOptions extends HandshakeContext {
  provider: Provider
  /** As the user typed it. */
  account: string | undefined
  file: CredentialsFile
  /** Whether a simulator runs at this origin or host. */
  isSimulated: (server: string) => boolean
  input: NodeJS.ReadStream
  port: number
  again?: true
  remove?: true
  tokenStdin?: true
}

export interface Outcome {
  status: 'connected' | 'alreadyConnected' | 'removed' | 'notConnected'
  account: Account | null
  /** A secret that was created for the user. The output shows it only now. */
  newSecret?: NewSecret | undefined
  /** For people. */
  sentence: string
}

/** Connects or removes a connection. Throws ConnectFailure, ProviderError, or Error for an unusable file. */
export async function runConnect (options: ConnectOptions): Promise<Outcome> {
  const { provider, file, requestContext, terminal, withUserTimeout } = options
  const account = await chooseAccount(provider, options.account, terminal, withUserTimeout)
  const server = account?.host ?? provider.origins[0] ?? provider.id
  const key: ConnectionKey = { provider: provider.id, server, ...account !== undefined && { accountId: account.id } }
  terminal.say(`${provider.name} at ${server}${options.isSimulated(server) ? ', a simulator of the running `carillon up`' : ''}`)

  if (options.remove === true) return describeRemoval(provider, await remove(provider, key, file, requestContext))
  const isGiven = options.tokenStdin === true
  const known = isGiven ? undefined : findConnection(await file.read(), key)
  if (known !== undefined && options.again !== true) {
    const reused = await reuse(provider, key, known, file, requestContext)
    if (reused.kind !== 'invalid') return alreadyConnected(provider, reused.connection, reused.kind === 'refreshed')
    if (!terminal.isInteractive) {
      throw new ConnectFailure('failed', `the stored credentials of ${printable(known.account.name)} are no longer valid (${reused.reason}); connect again with --again`)
    }
    terminal.say(`The stored credentials of ${printable(known.account.name)} are no longer valid (${reused.reason}). Connect again:`)
  }

  const grant = isGiven
    ? await connectByToken(provider, options.input, options)
    : await obtainGrant(provider, { account: account?.id, port: options.port }, options)
  assertSameAccount(grant, account?.id)
  await store(grant, key, file)
  if (known !== undefined && options.again === true) await revokeOld(provider, known, grant, options)
  const { account: connected, newSecret } = grant
  return { status: 'connected', account: connected, newSecret, sentence: `Connected to ${provider.name} as ${printable(connected.name)}.` }
}

function alreadyConnected ({ name }: Provider, { account }: StoredConnection, isRefreshed: boolean): Outcome {
  const how = isRefreshed ? ' The access token had expired and was refreshed.' : ''
  return { status: 'alreadyConnected', account, sentence: `Already connected to ${name} as ${printable(account.name)}.${how}` }
}

function describeRemoval ({ name, revoke }: Provider, done: Awaited<ReturnType<typeof remove>>): Outcome {
  if (done === undefined) return { status: 'notConnected', account: null, sentence: `There is no connection to ${name} to remove.` }
  const { removed: { account }, isRevoked } = done
  const more = isRevoked
    ? `${name} has revoked the access.`
    : revoke === undefined ? `${name} does not let programs revoke access: do that in your settings there.` : 'The stored credentials were not valid.'
  return { status: 'removed', account, sentence: `Removed the connection of ${printable(account.name)}. ${more}` }
}

/** The user who is logged in allows access, and may not be the one that was named. */
function assertSameAccount ({ account }: Grant, wanted: string | undefined): void {
  if (wanted === undefined || account.id.toLowerCase() === wanted.toLowerCase()) return
  throw new ConnectFailure('failed', `access was allowed by ${printable(account.name)}, not by ${printable(wanted)}; nothing was stored. Log in as ${printable(wanted)}, or connect ${printable(account.name)}`)
}

async function store ({ credentials, account, expiresAt }: Grant, key: ConnectionKey, file: CredentialsFile): Promise<void> {
  const { provider, server } = key
  const ends = expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }
  const connection = { provider, server, account, credentials, ...ends }
  await file.withLock(async (stored, write) => await write(withConnection(stored, key, connection)))
}

/** Best effort: a failure does not matter to the new credentials. */
async function revokeOld (
  provider: Provider, old: StoredConnection, { credentials: current }: Grant, { requestContext, terminal }: HandshakeContext
): Promise<void> {
  const credentials = readCredentials(provider, old)
  // Some providers return the same token again.
  if (credentials === undefined || credentials.accessToken === current.accessToken) return
  try {
    if (await revoke(provider, credentials, requestContext)) terminal.say('The earlier access token was revoked.')
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    terminal.say(`The earlier access token could not be revoked (${printable(error.message)}).`)
  }
}

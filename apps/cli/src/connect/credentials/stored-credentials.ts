import { isObject, parseJsonObject } from '@carillon/http'
import type { Account, Registration } from '@carillon/shared/providers'

/** The content of the credentials file. */
export interface StoredCredentials {
  version: 1
  connections: StoredConnection[]
  registrations: StoredRegistration[]
}

/** Identifies a connection: one per provider and server or, if users name their accounts, per account. */
export interface ConnectionKey {
  provider: string
  /** Origin of the service, or the host of the account. */
  server: string
  /** The account's id, if users name their accounts. */
  accountId?: string
}

export interface StoredConnection {
  provider: string
  server: string
  account: Account
  credentials: object
  /** ISO 8601; absent if the provider states no expiry. */
  expiresAt?: string
}

/** A registration at a host that the user chose. */
export interface StoredRegistration extends Registration {
  provider: string
  host: string
}

export const noCredentials: StoredCredentials = { version: 1, connections: [], registrations: [] }

export function findConnection ({ connections }: StoredCredentials, key: ConnectionKey): StoredConnection | undefined {
  return connections.find((connection) => hasKey(connection, key))
}

export function withConnection (stored: StoredCredentials, key: ConnectionKey, connection: StoredConnection): StoredCredentials {
  return { ...stored, connections: [...withoutConnection(stored, key).connections, connection] }
}

export function withoutConnection (stored: StoredCredentials, key: ConnectionKey): StoredCredentials {
  return { ...stored, connections: stored.connections.filter((connection) => !hasKey(connection, key)) }
}

export function findRegistration (
  { registrations }: StoredCredentials, provider: string, host: string
): StoredRegistration | undefined {
  return registrations.find((registration) => registration.provider === provider && registration.host === host)
}

export function withRegistration (stored: StoredCredentials, registration: StoredRegistration): StoredCredentials {
  const { provider, host } = registration
  const others = stored.registrations.filter((other) => other.provider !== provider || other.host !== host)
  return { ...stored, registrations: [...others, registration] }
}

/** Undefined if `text` is not a credentials file. */
export function parseStoredCredentials (text: string): StoredCredentials | undefined {
  const { version, connections, registrations } = parseJsonObject(text) ?? {}
  const isValid = version === 1 && Array.isArray(connections) && connections.every(isConnection) &&
    Array.isArray(registrations) && registrations.every(isRegistration)
  return isValid ? { version: 1, connections, registrations } : undefined
}

function hasKey ({ provider, server, account }: StoredConnection, key: ConnectionKey): boolean {
  if (provider !== key.provider || server !== key.server) return false
  return key.accountId === undefined || account.id.toLowerCase() === key.accountId.toLowerCase()
}

function isConnection (value: unknown): value is StoredConnection {
  return isObject(value) && hasTexts(value, ['provider', 'server']) && isObject(value['account']) &&
    hasTexts(value['account'], ['id', 'name']) && isObject(value['credentials'])
}

function isRegistration (value: unknown): value is StoredRegistration {
  return isObject(value) && hasTexts(value, ['provider', 'host', 'clientId', 'clientSecret'])
}

function hasTexts (value: Record<string, unknown>, names: string[]): boolean {
  return names.every((name) => typeof value[name] === 'string')
}

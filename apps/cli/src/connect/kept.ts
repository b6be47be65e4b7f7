import type { Account, Registration } from '@carillon/shared/providers'

/** The content of the credentials file. */
export interface Kept {
  version: 1
  connections: KeptConnection[]
  registrations: KeptRegistration[]
}

/** Identifies a connection: one per provider and server or, if users name their accounts, per account. */
export interface Place {
  provider: string
  /** Origin of the service, or the host of the account. */
  server: string
  /** The account's id, if users name their accounts. */
  accountId?: string
}

export interface KeptConnection {
  provider: string
  server: string
  account: Account
  credentials: object
  /** ISO 8601; absent if the provider states no expiry. */
  expiresAt?: string
}

/** A registration at a host that the user chose. */
export interface KeptRegistration extends Registration {
  provider: string
  host: string
}

export const nothingKept: Kept = { version: 1, connections: [], registrations: [] }

export function findConnection ({ connections }: Kept, place: Place): KeptConnection | undefined {
  return connections.find((connection) => isAt(connection, place))
}

export function withConnection (kept: Kept, place: Place, connection: KeptConnection): Kept {
  return { ...kept, connections: [...withoutConnection(kept, place).connections, connection] }
}

export function withoutConnection (kept: Kept, place: Place): Kept {
  return { ...kept, connections: kept.connections.filter((connection) => !isAt(connection, place)) }
}

export function findRegistration ({ registrations }: Kept, provider: string, host: string): KeptRegistration | undefined {
  return registrations.find((registration) => registration.provider === provider && registration.host === host)
}

export function withRegistration (kept: Kept, registration: KeptRegistration): Kept {
  const { provider, host } = registration
  const others = kept.registrations.filter((other) => other.provider !== provider || other.host !== host)
  return { ...kept, registrations: [...others, registration] }
}

/** Undefined if `text` is not a credentials file. */
export function parseKept (text: string): Kept | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value) || value['version'] !== 1) return undefined
    const { connections, registrations } = value
    const isRight = Array.isArray(connections) && connections.every(isConnection) &&
      Array.isArray(registrations) && registrations.every(isRegistration)
    return isRight ? { version: 1, connections, registrations } : undefined
  } catch {
    return undefined
  }
}

function isAt ({ provider, server, account }: KeptConnection, place: Place): boolean {
  if (provider !== place.provider || server !== place.server) return false
  return place.accountId === undefined || account.id.toLowerCase() === place.accountId.toLowerCase()
}

function isConnection (value: unknown): value is KeptConnection {
  return isObject(value) && hasTexts(value, ['provider', 'server']) && isObject(value['account']) &&
    hasTexts(value['account'], ['id', 'name']) && isObject(value['credentials'])
}

function isRegistration (value: unknown): value is KeptRegistration {
  return isObject(value) && hasTexts(value, ['provider', 'host', 'clientId', 'clientSecret'])
}

function hasTexts (value: Record<string, unknown>, names: string[]): boolean {
  return names.every((name) => typeof value[name] === 'string')
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

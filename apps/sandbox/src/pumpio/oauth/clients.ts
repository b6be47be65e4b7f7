import { createHash } from 'node:crypto'
import { randomKey, randomSecret } from './random-token.ts'

/** What an application says of itself when it registers. */
export interface ClientProfile {
  title?: string
  type?: 'web' | 'native'
  contacts?: string[]
  logoUrl?: string
  redirectUris?: string[]
}

export interface Client extends ClientProfile {
  id: string
  secret: string
}

export interface Clients {
  register: (profile: ClientProfile) => Client
  get: (id: string) => Client | undefined
  /** The one in whose name accounts are made in bulk: a real host, too, knows an application only once. */
  ours: () => Client
  /** Forgets every registration; says how many. */
  forget: () => number
}

export function createClients (): Clients {
  const clients = new Map<string, Client>()
  let ours: Client | undefined

  const register = (profile: ClientProfile): Client => {
    const client = { ...profile, id: randomKey(), secret: randomSecret() }
    clients.set(client.id, client)
    return client
  }

  return {
    register,
    get: (id) => clients.get(id),
    ours: () => (ours ??= register({ title: 'Carillon', type: 'web' })),
    forget () {
      const forgotten = clients.size
      clients.clear()
      ours = undefined
      return forgotten
    }
  }
}

/** The client as the author's tool: what an activity says of where it comes from. */
export function generatorOf ({ id, title, type }: Client): object {
  return {
    objectType: type === 'web' ? 'service' : 'application',
    id: `urn:uuid:${nameUuid(id)}`,
    ...(title !== undefined && { displayName: title })
  }
}

/** A UUID of version 5 in shape: the same for the same client, forever. */
function nameUuid (name: string): string {
  const hex = createHash('sha1').update(name).digest('hex')
  const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

import { createHash } from 'node:crypto'
import { StateMap, stateValue } from '../../kit/state/state-part.ts'
import type { StatePart } from '../../kit/state/state-part.ts'
import { randomKey, randomSecret } from './random-token.ts'

/** What an application sends when it registers. */
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
  /** The client of all accounts that the control call creates, since an application registers once per host. */
  getShared: () => Client
  /** Deletes every registration. Returns their number. */
  forget: () => number
  state: Record<string, StatePart>
}

export function createClients (): Clients {
  const clients = new StateMap<string, Client>()
  let shared: Client | undefined

  const register = (profile: ClientProfile): Client => {
    const client = { ...profile, id: randomKey(), secret: randomSecret() }
    clients.set(client.id, client)
    return client
  }

  return {
    state: { clients, sharedClient: stateValue(() => shared, (value) => { shared = value }) },
    register,
    get: (id) => clients.get(id),
    getShared: () => (shared ??= register({ title: 'Carillon', type: 'web' })),
    forget () {
      const forgotten = clients.size
      clients.clear()
      shared = undefined
      return forgotten
    }
  }
}

/** The `generator` of an activity: the client that posted it. */
export function generatorOf ({ id, title, type }: Client): object {
  return {
    objectType: type === 'web' ? 'service' : 'application',
    id: `urn:uuid:${nameUuid(id)}`,
    ...(title !== undefined && { displayName: title })
  }
}

/** A UUID in the form of version 5. A client always has the same one. */
function nameUuid (name: string): string {
  const hex = createHash('sha1').update(name).digest('hex')
  const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

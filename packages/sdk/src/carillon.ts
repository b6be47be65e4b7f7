import { openApi } from './api/open-api.ts'
import type { CarillonOptions } from './api/open-api.ts'
import { createApiKeys } from './resources/api-keys.ts'
import { createAudit } from './resources/audit.ts'
import { createConnections } from './resources/connections.ts'
import { createEndpoints } from './resources/endpoints.ts'
import { createEvents } from './resources/events.ts'
import { createHandshakes } from './resources/handshakes.ts'
import { createNotifications } from './resources/notifications.ts'
import { createConnectors, createProviders } from './resources/providers.ts'
import { createTeams } from './resources/teams.ts'
import { createUsers } from './resources/users.ts'

/** The API of one Carillon. Every failed call throws CarillonError, or the reason of `signal`. */
export class Carillon {
  readonly apiKeys: ReturnType<typeof createApiKeys>
  readonly audit: ReturnType<typeof createAudit>
  readonly connections: ReturnType<typeof createConnections>
  readonly connectors: ReturnType<typeof createConnectors>
  readonly endpoints: ReturnType<typeof createEndpoints>
  readonly events: ReturnType<typeof createEvents>
  readonly handshakes: ReturnType<typeof createHandshakes>
  readonly notifications: ReturnType<typeof createNotifications>
  readonly providers: ReturnType<typeof createProviders>
  readonly teams: ReturnType<typeof createTeams>
  readonly users: ReturnType<typeof createUsers>

  constructor (options: CarillonOptions) {
    const api = openApi(options)
    this.apiKeys = createApiKeys(api)
    this.audit = createAudit(api)
    this.connections = createConnections(api)
    this.connectors = createConnectors(api)
    this.endpoints = createEndpoints(api)
    this.events = createEvents(api)
    this.handshakes = createHandshakes(api)
    this.notifications = createNotifications(api)
    this.providers = createProviders(api)
    this.teams = createTeams(api)
    this.users = createUsers(api)
  }
}

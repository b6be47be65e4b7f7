import type { Actor, AuditEntry } from '@carillon/shared/audit'
import type { EndpointInput, EndpointUpdate } from '@carillon/shared/endpoints'

/** The entry of the audit trail about a new endpoint. The path and the query of its URL may contain a secret. */
export function endpointCreated (
  actor: Actor, id: string, { url, events, enabled }: Pick<EndpointInput, 'url' | 'events' | 'enabled'>
): AuditEntry {
  const details = { host: new URL(url).host, events, enabled }
  return { actor, action: 'endpoint.created', target: { kind: 'endpoint', id }, details }
}

/** The entry about a changed endpoint, with the new values of what changed. */
export function endpointChanged (
  actor: Actor, id: string, { changed, update }: { changed: Array<keyof EndpointUpdate>, update: EndpointUpdate }
): AuditEntry {
  const { url, events, enabled } = update
  const details = {
    changed,
    ...changed.includes('url') && url !== undefined && { host: new URL(url).host },
    ...changed.includes('events') && { events },
    ...changed.includes('enabled') && { enabled }
  }
  return { actor, action: 'endpoint.changed', target: { kind: 'endpoint', id }, details }
}

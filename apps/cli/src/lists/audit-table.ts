import { moment } from '../notifications/output/format.ts'
import { table } from '../notifications/output/table.ts'
import { printable } from '../printable.ts'

/** An entry as `GET /v1/audit` returns it. */
export interface AuditEntry {
  action: string
  createdAt: string
  actor: { kind: string, id: string | null, name: string | null }
  target: { id: string }
  userId: string | null
  teamId: string | null
  ipAddress: string | null
  details: Record<string, unknown>
}

export function auditTable (entries: AuditEntry[]): string[] {
  return table([
    ['TIME', 'ACTION', 'ACTOR', 'FROM', 'TARGET', 'DETAILS'],
    ...entries.map(({ createdAt, action, actor, ipAddress, target, userId, teamId, details }) => [
      moment(createdAt), action, printable(describeActor(actor)), ipAddress ?? '', printable(target.id),
      printable(describeDetails({ userId, teamId, ...details }))
    ])
  ])
}

function describeActor ({ kind, id, name }: AuditEntry['actor']): string {
  return [id ?? kind, ...name === null ? [] : [`(${name})`]].join(' ')
}

function describeDetails (details: Record<string, unknown>): string {
  return Object.entries(details).filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ')
}

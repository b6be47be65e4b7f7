import type { Actor, AuditEntry } from '@carillon/shared/audit'
import { publicId } from '@carillon/shared/db'
import type { TeamChange } from '@carillon/shared/teams'

/** A team may have thousands of members. */
const maxListed = 100

/** The entry of the audit trail about a team. There is none when the request changed nothing. */
export function describeTeamChange (actor: Actor, { id, isNew, isRenamed, newOwner, added, removed }: TeamChange): AuditEntry[] {
  const isChanged = isNew || isRenamed || newOwner !== undefined || added.length > 0 || removed.length > 0
  if (!isChanged) return []
  return [{
    actor,
    action: isNew ? 'team.created' : 'team.changed',
    target: { kind: 'team', id },
    teamId: id,
    details: {
      ...isRenamed && { renamed: true },
      ...newOwner !== undefined && { newOwner: publicId('user', newOwner) },
      ...added.length > 0 && { membersAdded: added.length, added: listUsers(added) },
      ...removed.length > 0 && { membersRemoved: removed.length, removed: listUsers(removed) }
    }
  }]
}

function listUsers (ids: string[]): string[] {
  return ids.slice(0, maxListed).map((id) => publicId('user', id))
}

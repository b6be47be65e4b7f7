import type { Audience } from './draft.ts'

/**
 * The maximum number of named recipients and unreachable ones in a response. In a list they only help a person to recognize the
 * notification: the counts tell the rest.
 */
export const maxNamed = { list: 3, detail: 100 }

/** The audience, reduced to its first `max` ids. */
export function firstOf (audience: Audience, max: number): Audience {
  if ('userIds' in audience) return { userIds: audience.userIds.slice(0, max) }
  return 'teamIds' in audience ? { teamIds: audience.teamIds.slice(0, max) } : audience
}

/** The number of named users or teams. Null for everyone. */
export function audienceCount (audience: Audience): number | null {
  if ('userIds' in audience) return audience.userIds.length
  return 'teamIds' in audience ? audience.teamIds.length : null
}

import type { Audience } from './draft.ts'

/** How many users or teams of an audience, and how many that are unreachable, a notification names: in a list, and by itself. */
export const maxNamed = { list: 10, detail: 100 }

/** The audience with its first ids. */
export function firstOf (audience: Audience, max: number): Audience {
  if ('userIds' in audience) return { userIds: audience.userIds.slice(0, max) }
  return 'teamIds' in audience ? { teamIds: audience.teamIds.slice(0, max) } : audience
}

/** How many users or teams it names; null is everyone. */
export function audienceCount (audience: Audience): number | null {
  if ('userIds' in audience) return audience.userIds.length
  return 'teamIds' in audience ? audience.teamIds.length : null
}

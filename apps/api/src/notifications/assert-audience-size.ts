import { countMembers } from '@carillon/shared/teams'
import type { Audience } from '@carillon/shared/notifications'
import { refuseFaults } from '../problems/problem.ts'
import type { Services } from '../services.ts'

/** They go in one statement, which others wait for. */
const maxUsers = 100_000

/** Throws `invalidInput` where these audiences name too many users together. `path` is what is at fault then. */
export async function refuseCrowds ({ database }: Pick<Services, 'database'>, audiences: Audience[], path: string): Promise<void> {
  const named = audiences.reduce((sum, audience) => sum + ('userIds' in audience ? audience.userIds.length : 0), 0)
  const teamIds = audiences.flatMap((audience) => 'teamIds' in audience ? audience.teamIds : [])
  const users = named + (teamIds.length === 0 ? 0 : await countMembers(database, teamIds))
  if (users > maxUsers) refuseFaults([{ path, message: `must name at most ${maxUsers} users together, and they are ${users}` }])
}

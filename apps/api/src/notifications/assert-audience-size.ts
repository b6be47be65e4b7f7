import { countMembers } from '@carillon/shared/teams'
import type { Audience } from '@carillon/shared/notifications'
import { assertNoInputErrors } from '../problems/problem.ts'
import type { Services } from '../services.ts'

/** All of them are inserted in one statement, and other requests wait for it. */
const maxUsers = 100_000

/** Throws Problem `invalidInput` at `path` when the audiences together have too many users. */
export async function assertAudienceSize ({ database }: Pick<Services, 'database'>, audiences: Audience[], path: string): Promise<void> {
  const named = audiences.reduce((sum, audience) => sum + ('userIds' in audience ? audience.userIds.length : 0), 0)
  const teamIds = audiences.flatMap((audience) => 'teamIds' in audience ? audience.teamIds : [])
  const users = named + (teamIds.length === 0 ? 0 : await countMembers(database, teamIds))
  if (users > maxUsers) assertNoInputErrors([{ path, message: `must have at most ${maxUsers} users in total, and has ${users}` }])
}

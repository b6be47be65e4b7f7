export { countMembers, findMembership, findTeam, listMemberIds, putTeam } from './teams.ts'
export { listTeams } from './list.ts'
export type { TeamSummary } from './list.ts'
export type { Membership, Team, TeamChange } from './teams.ts'

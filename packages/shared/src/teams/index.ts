export { countMembers, findMembership, findTeam, listMemberIds, putTeam } from './teams.ts'
export type { Membership, Team } from './teams.ts'

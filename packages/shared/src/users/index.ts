export { ensureUser, ensureUsers, findUser, revokeUserTokens } from './users.ts'
export type { User } from './users.ts'
export { findUserSummary, listUsers } from './list.ts'
export type { UserSummary } from './list.ts'

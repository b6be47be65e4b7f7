export { ensureUser, ensureUsers, findUser, revokeUserTokens } from './users.ts'
export type { TokenUser, User } from './users.ts'

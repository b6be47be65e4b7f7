export { ensureUser, ensureUsers, findUser } from './users.ts'
export type { User } from './users.ts'

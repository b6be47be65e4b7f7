export { createApiKey, findApiKey, listApiKeys, revokeApiKey } from './api-keys.ts'
export type { ApiKey } from './api-keys.ts'

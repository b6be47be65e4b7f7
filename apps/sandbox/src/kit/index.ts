export { recordRequest } from './http/recorded-request.ts'
export { createOAuth2Server } from './oauth/oauth2-server.ts'
export type { CreateSimulator } from './simulator.ts'

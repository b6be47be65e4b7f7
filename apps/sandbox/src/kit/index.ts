export { createOAuth2Simulator } from './oauth/oauth2-simulator.ts'
export type { CreateSimulator } from './simulator.ts'

export { openEmbeddedPostgres } from './embedded-postgres.ts'

export { findEmbeddedPostgres } from './find-embedded-postgres.ts'
export { freePort, isPortFree } from './free-port.ts'
export { isRunning, takeLock, LockedError } from './lock.ts'

export { findRedisServer, openRedisServer } from './redis-server.ts'

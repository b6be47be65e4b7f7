import type { FastifyInstance, FastifyRequest } from 'fastify'

/** The versions there are, newest first, and the day from which each is gone. */
const VERSIONS: ReadonlyArray<{ version: string, goneFrom?: string }> = [
  { version: 'v26.0' },
  { version: 'v25.0', goneFrom: '2028-07-29' },
  { version: 'v24.0', goneFrom: '2028-02-18' },
  { version: 'v23.0', goneFrom: '2027-10-08' },
  { version: 'v22.0', goneFrom: '2027-05-20' },
  { version: 'v21.0', goneFrom: '2027-01-21' },
  { version: 'v20.0', goneFrom: '2026-09-24' },
  { version: 'v19.0', goneFrom: '2026-05-21' }
]

/** Registers the same routes with a version in front and without. */
export function atAnyVersion (app: FastifyInstance, routes: (scope: FastifyInstance) => void): void {
  app.register(async (scope) => { routes(scope) })
  app.register(async (scope) => { routes(scope) }, { prefix: '/:version(^v\\d+\\.\\d+$)' })
}

/**
 * The version that a call is answered by. One that is gone, or that never was, is answered by the oldest that still lives;
 * a call that names none by the one in the app's settings, which is the newest here.
 */
export function versionOf (request: FastifyRequest, nowMs: number): string {
  const { version } = request.params as { version?: string }
  const isLiving = (goneFrom?: string): boolean => goneFrom === undefined || nowMs < Date.parse(goneFrom)
  const living = VERSIONS.filter(({ goneFrom }) => isLiving(goneFrom)).map((each) => each.version)
  if (version !== undefined && living.includes(version)) return version
  return (version === undefined ? living[0] : living.at(-1)) ?? ''
}

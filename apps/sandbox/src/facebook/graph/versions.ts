import type { FastifyInstance, FastifyRequest } from 'fastify'

/** The supported versions, newest first, and the day when each ends. */
const VERSIONS: ReadonlyArray<{ version: string, endsOn?: string }> = [
  { version: 'v26.0' },
  { version: 'v25.0', endsOn: '2028-07-29' },
  { version: 'v24.0', endsOn: '2028-02-18' },
  { version: 'v23.0', endsOn: '2027-10-08' },
  { version: 'v22.0', endsOn: '2027-05-20' },
  { version: 'v21.0', endsOn: '2027-01-21' },
  { version: 'v20.0', endsOn: '2026-09-24' },
  { version: 'v19.0', endsOn: '2026-05-21' }
]

/** Registers the routes with and without a version. */
export function atAnyVersion (app: FastifyInstance, routes: (scope: FastifyInstance) => void): void {
  app.register(async (scope) => { routes(scope) })
  app.register(async (scope) => { routes(scope) }, { prefix: '/:version(^v\\d+\\.\\d+$)' })
}

/** The version of a call. An unknown version gets the oldest supported one; a call without a version gets the newest. */
export function versionOf (request: FastifyRequest, nowMs: number): string {
  const { version } = request.params as { version?: string }
  const isSupported = (endsOn?: string): boolean => endsOn === undefined || nowMs < Date.parse(endsOn)
  const supported = VERSIONS.filter(({ endsOn }) => isSupported(endsOn)).map((each) => each.version)
  if (version !== undefined && supported.includes(version)) return version
  return (version === undefined ? supported[0] : supported.at(-1)) ?? ''
}

import { randomUUID } from 'node:crypto'
import Fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { pages } from './pages/pages.ts'
import { healthRoutes } from './health/health-routes.ts'
import { leaveBodiesUnread } from './input/unread-bodies.ts'
import { handleProblems, sendProblem } from './problems/problem-handlers.ts'
import { createClientErrorHandler, refuseExpectation } from './problems/server-errors.ts'
import { describeApi, reference } from './reference/reference.ts'
import { refuseRequests } from './refuse-requests.ts'
import { logRequests } from './request-log.ts'
import type { Services } from './services.ts'
import { validateInput } from './input/validation.ts'
import { v1 } from './v1/v1.ts'

/** The map of the server. Opens nothing: what it stands on is handed in, and it listens when it is told to. */
export async function buildApp (services: Services): Promise<FastifyInstance> {
  const { log, site } = services
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // Making a log for each request costs more than its line. What we say of one names its id.
    childLoggerFactory: (log) => log,
    requestTimeout: 30_000,
    // A route that takes more says so.
    bodyLimit: 64 * 1024,
    forceCloseConnections: 'idle',
    // The site's own ids stand in paths: 255 characters, of up to two units of UTF-16 each.
    routerOptions: { maxParamLength: 510 },
    frameworkErrors: (error, request, reply) => { sendProblem(error, request, reply, site.publicUrl) },
    // What follows are refusals that Node and Fastify would make without a problem document.
    clientErrorHandler: createClientErrorHandler(site.publicUrl, log),
    return503OnClosing: false,
    http: { requireHostHeader: false }
  })
  app.server.on('checkExpectation', (_request, response) => { refuseExpectation(site.publicUrl, response) })
  logRequests(app, log)
  handleProblems(app, site.publicUrl)
  refuseRequests(app)
  leaveBodiesUnread(app)
  validateInput(app)
  await describeApi(app, site)

  await app.register(healthRoutes(services))
  await app.register(reference(site))
  await app.register(pages(services), { prefix: '/connect' })
  await app.register(v1(services), { prefix: '/v1' })
  return app
}

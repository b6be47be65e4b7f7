import Fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { pages } from './pages/pages.ts'
import { unsubscribePages } from './pages/unsubscribe-pages.ts'
import { countRequests } from './count-requests.ts'
import { healthRoutes } from './health/health-routes.ts'
import { metricsRoutes } from './health/metrics-routes.ts'
import { inboundRoutes } from './inbound/inbound-routes.ts'
import { leaveBodiesUnread } from './input/unread-bodies.ts'
import { handleProblems, sendProblem } from './problems/problem-handlers.ts'
import { createClientErrorHandler, refuseExpectation } from './problems/server-errors.ts'
import { limitRequests } from './rate-limits/limit-requests.ts'
import { describeApi, reference } from './reference/reference.ts'
import { refuseRequests } from './refuse-requests.ts'
import { buildSerializers } from './build-serializers.ts'
import { chooseRequestId, identifyRequests } from './request-id.ts'
import { logRequests } from './request-log.ts'
import type { Services } from './services.ts'
import { traceRequests } from './trace-requests.ts'
import { validateInput } from './input/validation.ts'
import { v1 } from './v1/v1.ts'

/** Builds the server from its plugins. It opens no stores, which are part of `services`, and does not listen yet. */
export async function buildApp (services: Services): Promise<FastifyInstance> {
  const { log, site } = services
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: chooseRequestId,
    // A child logger for each request would cost more than its line. Our lines name the request id instead.
    childLoggerFactory: (log) => log,
    trustProxy: services.trustedProxies.length > 0 && services.trustedProxies,
    requestTimeout: 30_000,
    // Routes that accept more set their own limit.
    bodyLimit: 64 * 1024,
    forceCloseConnections: 'idle',
    // Paths contain the site's ids: 255 characters, of up to two units of UTF-16 each.
    routerOptions: { maxParamLength: 510 },
    frameworkErrors: (error, request, reply) => { sendProblem(error, request, reply, site.publicUrl) },
    // Without these, Node and Fastify would refuse such requests without a problem document.
    clientErrorHandler: createClientErrorHandler(site.publicUrl, log),
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildSerializer: buildSerializers } },
    http: { requireHostHeader: false }
  })
  app.server.on('checkExpectation', (request, response) => { refuseExpectation(site.publicUrl, request, response) })
  identifyRequests(app)
  logRequests(app, log)
  countRequests(app, services)
  traceRequests(app, services.tracing)
  handleProblems(app, site.publicUrl)
  refuseRequests(app)
  leaveBodiesUnread(app)
  limitRequests(app, services)
  validateInput(app)
  await describeApi(app, site)

  await app.register(healthRoutes(services))
  await app.register(metricsRoutes(services))
  await app.register(reference(site))
  await app.register(inboundRoutes(services))
  await app.register(pages(services), { prefix: '/connect' })
  await app.register(unsubscribePages(services), { prefix: '/u' })
  await app.register(v1(services), { prefix: '/v1' })
  return app
}

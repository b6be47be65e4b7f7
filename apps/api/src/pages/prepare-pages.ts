import helmet from '@fastify/helmet'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { toRouteProblem } from '../problems/addresses.ts'
import { sendProblem } from '../problems/problem-handlers.ts'
import { toProblem } from '../problems/to-problem.ts'
import type { Site } from '../services.ts'
import { sendFailure, sendTooManyRequests } from './outcome-pages.ts'

/** The headers of all pages, and pages for errors. */
export async function preparePages (app: FastifyInstance, site: Site): Promise<void> {
  await app.register(helmet, pageHeaders)
  app.setErrorHandler(async (error, request, reply) => {
    const problem = toProblem(error)
    const { code, status, headers } = problem
    if (status === 429) return sendTooManyRequests(reply.headers(headers), problem, site)
    if (code === 'unavailable') {
      request.log.warn({ requestId: request.id, err: error }, 'a store is unavailable')
      return sendFailure(reply.headers(headers), 'unavailable', { site })
    }
    // The request is invalid, for example its body is too long. Nothing of it is logged.
    if (code !== 'internal') return sendFailure(reply, 'notUnderstood', { site })
    request.log.error({ requestId: request.id, err: error }, 'page failed')
    return sendFailure(reply, 'internal', { site })
  })
  app.setNotFoundHandler(async (request, reply) => {
    const problem = toRouteProblem(request)
    // A program that uses a wrong method gets a problem with the right ones. People get a page.
    if (problem.code === 'methodNotAllowed' && !isRead(request)) return sendProblem(problem, request, reply, site.publicUrl)
    return sendFailure(reply.headers(problem.headers), 'unknownHandshake', { site })
  })
}

function isRead ({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

/**
 * There is no `form-action`: browsers apply it to every redirect that follows a form, and ours lead to the provider and on to
 * wherever its users log in. All values on these pages are escaped, so there is no injected form that it would have to stop.
 */
const pageHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'connect-src': ["'self'"],
      'img-src': ['data:'],
      'base-uri': ["'none'"],
      'frame-ancestors': ["'none'"]
    }
  },
  // Sites open these pages in a popup. With the default, the popup looks closed to the site as soon as it loads one.
  crossOriginOpenerPolicy: { policy: 'unsafe-none' as const },
  xFrameOptions: { action: 'deny' as const },
  referrerPolicy: { policy: 'no-referrer' as const },
  // The host may serve other things over http, so the operator of the host decides.
  strictTransportSecurity: false
}

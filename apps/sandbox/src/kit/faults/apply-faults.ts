import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from '../http/recorded-request.ts'
import type { Simulator } from '../simulator.ts'
import type { EndpointCount, Stats } from '../stats.ts'
import type { Fault, Faults } from './faults.ts'
import { rewriteResponse } from './rewrite-response.ts'

declare module 'fastify' {
  interface FastifyRequest {
    fault: Fault | undefined
    endpointCount: EndpointCount | undefined
  }
}

/** Counts every request of a simulator, and applies faults to it. */
export function applyFaults (app: FastifyInstance, simulator: Simulator, faults: Faults, stats: Stats): void {
  app.decorateRequest('fault', undefined)
  app.decorateRequest('endpointCount', undefined)

  app.addHook('onRequest', (request, reply, done) => {
    // The count omits the patterns of parameters.
    const route = request.routeOptions.url?.replace(/\(.*?\)/g, '')
    const count = stats.of(simulator.id, route === undefined ? `${request.method} /${simulator.id}/*` : `${request.method} ${route}`)
    request.endpointCount = count
    count.requests++
    stats.countUserAgent(simulator.id, request.headers['user-agent'])

    const fault = faults.take(simulator.id, request.method, pathOf(request.url))
    if (fault === undefined) return done()
    count.faults++
    request.fault = fault
    applyBefore(request, reply, fault, { faults, simulator }).then((isDone) => { if (!isDone) done() }, done)
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    const { fault, endpointCount: count } = request
    if (fault === undefined) {
      countResponse(count, reply)
      return done(null, payload)
    }
    setHeaders(reply, fault.headers)
    faults.delay(fault).then(() => {
      if (fault.reset === 'after') return resetConnection(request, reply)
      const sent = fault.rewrite === undefined ? payload : rewriteResponse(reply, payload, fault.rewrite)
      countResponse(count, reply)
      done(null, sent)
    }).catch(done)
  })
}

/** Returns true when the request ends here, before the service processes it. */
async function applyBefore (
  request: FastifyRequest, reply: FastifyReply, fault: Fault, { faults, simulator }: { faults: Faults, simulator: Simulator }
): Promise<boolean> {
  if (fault.reset === 'before') {
    await faults.delay(fault)
    resetConnection(request, reply)
    return true
  }
  const named = fault.fault === undefined ? undefined : simulator.namedFaults?.[fault.fault]?.(request)
  if (named === undefined && fault.status === undefined && fault.body === undefined) return false

  const status = fault.status ?? named?.status ?? 200
  const usual = named ?? simulator.faultResponse(status)
  const body = 'body' in fault ? fault.body : usual.body
  reply.code(status)
  reply.headers({ 'content-type': contentType(body), ...usual.headers })
  // Serialized here, since the service's own rules for JSON do not apply to a test's body.
  reply.send(typeof body === 'string' ? body : JSON.stringify(body))
  return true
}

function resetConnection (request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack()
  request.raw.socket.resetAndDestroy()
}

function countResponse (count: EndpointCount | undefined, reply: FastifyReply): void {
  if (count !== undefined) count.answers[reply.statusCode] = (count.answers[reply.statusCode] ?? 0) + 1
}

function setHeaders (reply: FastifyReply, headers: FaultHeaders = {}): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) reply.removeHeader(name)
    else reply.header(name, String(value))
  }
}

type FaultHeaders = Exclude<Fault['headers'], undefined>

function contentType (body: unknown): string {
  if (typeof body !== 'string') return 'application/json; charset=utf-8'
  return body.trimStart().startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8'
}

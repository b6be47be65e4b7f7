import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Fault, Faults } from './faults.ts'
import { pathOf } from '../http/recorded-request.ts'
import { rewriteAnswer } from './rewrite-response.ts'
import type { Simulator } from '../simulator.ts'
import type { EndpointCount, Stats } from '../stats.ts'

declare module 'fastify' {
  interface FastifyRequest {
    fault: Fault | undefined
    endpointCount: EndpointCount | undefined
  }
}

/** Puts a counter and the switchable faults in front of everything a simulator answers. */
export function applyFaults (app: FastifyInstance, simulator: Simulator, faults: Faults, stats: Stats): void {
  app.decorateRequest('fault', undefined)
  app.decorateRequest('endpointCount', undefined)

  app.addHook('onRequest', (request, reply, done) => {
    // What a pattern asks of a parameter is of no interest to who counts.
    const route = request.routeOptions.url?.replace(/\(.*?\)/g, '')
    const count = stats.of(simulator.id, route === undefined ? `${request.method} /${simulator.id}/*` : `${request.method} ${route}`)
    request.endpointCount = count
    count.requests++

    const fault = faults.strike(simulator.id, request.method, pathOf(request.url))
    if (fault === undefined) return done()
    count.faults++
    request.fault = fault
    strike(request, reply, fault, { faults, simulator }).then((over) => { if (!over) done() }, done)
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    const { fault, endpointCount: count } = request
    if (fault === undefined) {
      answered(count, reply)
      return done(null, payload)
    }
    setHeaders(reply, fault.headers)
    faults.holdBack(fault).then(() => {
      if (fault.reset === 'after') return hangUp(request, reply)
      const sent = fault.rewrite === undefined ? payload : rewriteAnswer(reply, payload, fault.rewrite)
      answered(count, reply)
      done(null, sent)
    }).catch(done)
  })
}

/** Says whether the request ends here, before the service has seen it. */
async function strike (
  request: FastifyRequest, reply: FastifyReply, fault: Fault, { faults, simulator }: { faults: Faults, simulator: Simulator }
): Promise<boolean> {
  if (fault.reset === 'before') {
    await faults.holdBack(fault)
    hangUp(request, reply)
    return true
  }
  const named = fault.fault === undefined ? undefined : simulator.namedFaults?.[fault.fault]?.(request)
  if (named === undefined && fault.status === undefined && fault.body === undefined) return false

  const status = fault.status ?? named?.status ?? 200
  const likely = named ?? simulator.faultAnswer(status)
  const body = 'body' in fault ? fault.body : likely.body
  reply.code(status)
  reply.headers({ 'content-type': contentType(body), ...likely.headers })
  // Serialized here: the service's own rules for JSON do not apply to what a test wrote out.
  reply.send(typeof body === 'string' ? body : JSON.stringify(body))
  return true
}

function hangUp (request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack()
  request.raw.socket.resetAndDestroy()
}

function answered (count: EndpointCount | undefined, reply: FastifyReply): void {
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

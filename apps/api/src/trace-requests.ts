import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Tracing } from '@carillon/shared/tracing'

/** Monitoring asks for these every few seconds. */
const untraced = ['/healthz', '/readyz', '/metrics']

/** Creates a span for each request, within the trace of its `traceparent`. Its name is the pattern of the route. */
export function traceRequests (app: FastifyInstance, tracing: Tracing | undefined): void {
  if (tracing === undefined) return
  const spans = new WeakMap<FastifyRequest, ReturnType<Tracing['startSpan']>>()

  app.addHook('onRequest', async (request) => {
    const { method, headers: { traceparent }, routeOptions: { url = 'none' } } = request
    if (untraced.includes(url)) return
    const attributes = { 'http.request.method': method, 'http.route': url }
    const parent = typeof traceparent === 'string' ? traceparent : undefined
    spans.set(request, tracing.startSpan(`${method} ${url}`, { kind: 'SERVER', parent, attributes }))
  })
  // The body arrives in another asynchronous context, so the span becomes active after that.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request)
    if (span === undefined) done()
    else tracing.withSpan(span, done)
  })
  app.addHook('onResponse', async (request, { statusCode }) => {
    spans.get(request)?.setAttribute('http.response.status_code', statusCode).end()
  })
}

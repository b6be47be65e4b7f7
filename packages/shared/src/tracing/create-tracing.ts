import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, isSpanContextValid, trace } from '@opentelemetry/api'
import type { Context, Span, TracerProvider } from '@opentelemetry/api'
import type { SpanRequest, Tracing } from './tracing.ts'

export interface SpanSink extends TracerProvider {
  shutdown: () => Promise<void>
}

/** Creates spans at `provider`. It keeps the active span itself: OpenTelemetry's own context belongs to the whole process. */
export function createTracing (provider: SpanSink): Tracing {
  const tracer = provider.getTracer('carillon')
  const storage = new AsyncLocalStorage<Context>()
  const active = (): Context => storage.getStore() ?? ROOT_CONTEXT

  function startSpan (name: string, { kind = 'INTERNAL', parent, isLinked = false, attributes = {} }: SpanRequest = {}): Span {
    const current = trace.getSpanContext(active())
    const context = parent === undefined || parent === null ? active() : parseContext(parent)
    const links = isLinked && current !== undefined ? [{ context: current }] : []
    return tracer.startSpan(name, { kind: SpanKind[kind], attributes, links }, context)
  }

  function withSpan<Result> (span: Span, work: () => Result): Result {
    return storage.run(trace.setSpan(active(), span), work)
  }

  return {
    startSpan,
    withSpan,
    inSpan: async (name, request, work) => {
      const span = startSpan(name, request)
      try {
        return await withSpan(span, () => work(span))
      } catch (error) {
        // A message may contain what a provider or a database has sent.
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'unknown' })
        throw error
      } finally {
        span.end()
      }
    },
    traceparent: () => formatContext(active()),
    tracer,
    active,
    toContext: (context, span) => trace.setSpan(context, span),
    withContext: (context, work) => storage.run(context, work),
    formatContext,
    parseContext,
    close: () => provider.shutdown()
  }
}

function formatContext (context: Context): string | undefined {
  const span = trace.getSpanContext(context)
  if (span === undefined || !isSpanContextValid(span)) return undefined
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`
}

/** A caller may send any text. An invalid one starts a new trace (W3C Trace Context §3.2.2). */
function parseContext (traceparent: string): Context {
  const [, traceId = '', spanId = '', flags = ''] = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/.exec(traceparent) ?? []
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return isSpanContextValid(span) ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT
}

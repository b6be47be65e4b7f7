import { SpanKind } from 'bullmq'
import type { Telemetry } from 'bullmq'
import type { Context, Span } from '@opentelemetry/api'
import type { Tracing } from '../tracing/index.ts'

/** `SpanStatusCode.ERROR`, without loading OpenTelemetry. */
const errorCode = 2

type BullSpan = ReturnType<Telemetry<Context>['tracer']['startSpan']>

/**
 * Gives jobs the trace of what adds them. BullMQ also creates spans for each poll, lock and schedule, which would start endless
 * traces, so only adding and processing within a trace creates one.
 */
export function createQueueTelemetry (tracing: Tracing): Telemetry<Context> {
  const { tracer, active, toContext, withContext, formatContext, parseContext } = tracing
  const isTraced = (context: Context): boolean => formatContext(context) !== undefined
  return {
    tracer: {
      startSpan: (name, { kind } = { kind: SpanKind.INTERNAL }, context = active()) => {
        if (kind === SpanKind.INTERNAL || !isTraced(context)) return noSpan
        return toBullSpan(tracer.startSpan(name, { kind }, context))
      }
    },
    contextManager: {
      with: (context, work) => withContext(context as Context, work),
      active,
      getMetadata: (context) => formatContext(context) ?? '',
      fromMetadata: (_context, metadata) => parseContext(metadata)
    }
  }

  function toBullSpan (span: Span): BullSpan {
    return {
      ...noSpan,
      setSpanOnContext: (context: Context) => toContext(context, span),
      setAttributes: (attributes) => span.setAttributes(attributes),
      // Without its message, which may contain what a database has sent.
      recordException: () => span.setStatus({ code: errorCode }),
      end: () => span.end()
    }
  }
}

const noSpan: BullSpan = {
  setSpanOnContext: (context: Context) => context,
  setAttribute: () => {},
  setAttributes: () => {},
  addEvent: () => {},
  recordException: () => {},
  end: () => {}
}

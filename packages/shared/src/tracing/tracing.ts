import type { Context, Span, SpanKind, Tracer } from '@opentelemetry/api'

export interface SpanRequest {
  kind?: keyof typeof SpanKind
  /** The `traceparent` of the parent (W3C Trace Context). Defaults to the active span. */
  parent?: string | null | undefined
  /** Links the span to the active one, which is not its parent. */
  isLinked?: boolean
  /** Must contain no secret, and no text that a user wrote. */
  attributes?: Record<string, string | number | undefined>
}

/** Creates spans. Code that may run without tracing gets `Tracing | undefined`, so that it costs nothing then. */
export interface Tracing {
  /** Starts a span, which the caller ends. */
  startSpan: (name: string, request?: SpanRequest) => Span
  /** Runs `work` with this span as the active one. */
  withSpan: <Result>(span: Span, work: () => Result) => Result
  /** Runs `work` in a new span, which ends with it. An error marks the span as failed, without its message. */
  inSpan: <Result>(name: string, request: SpanRequest, work: (span: Span) => Promise<Result>) => Promise<Result>
  /** The `traceparent` of the active span. */
  traceparent: () => string | undefined
  /** For BullMQ's telemetry. */
  tracer: Tracer
  active: () => Context
  /** The context with the span as its active one. */
  toContext: (context: Context, span: Span) => Context
  withContext: <Result>(context: Context, work: () => Result) => Result
  formatContext: (context: Context) => string | undefined
  parseContext: (traceparent: string) => Context
  /** Exports the last spans. */
  close: () => Promise<void>
}

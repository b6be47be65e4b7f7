import type { Tracing } from './tracing.ts'

/**
 * Exports the spans of the program `app` to an OpenTelemetry collector, by OTLP over HTTP. Undefined without an endpoint: then
 * no part of OpenTelemetry is loaded.
 */
export async function openTracing (endpoint: string | undefined, app: string): Promise<Tracing | undefined> {
  if (endpoint === undefined) return undefined
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const { createTracing } = await import('./create-tracing.ts')
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  return createTracing(new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `carillon-${app}` }),
    spanProcessors: [new BatchSpanProcessor(exporter)]
  }))
}

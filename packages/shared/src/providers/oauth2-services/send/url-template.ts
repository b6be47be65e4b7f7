import { percentEncode } from '@carillon/http'
import { compileTemplate, isDynamic } from './template.ts'
import type { Template, TemplateValues } from './template.ts'

export interface UrlTemplate {
  readonly origin: string
  readonly names: readonly string[]
  /** Undefined when a value is empty or would lead to another path. */
  render: (values: TemplateValues) => string | undefined
}

/**
 * Compiles a URL whose path segments may be templates. The operator fixes the origin and the query, and each segment is encoded
 * on its own, so a value can neither add a segment nor leave the path. Throws Error for an invalid template.
 */
export function compileUrl (text: string): UrlTemplate {
  const [, origin = '', path = '', query = ''] = /^(https?:\/\/[^/?{}\s]+)(\/[^?]*)?(\?.*)?$/s.exec(text) ?? []
  if (!URL.canParse(origin)) throw new Error('has values before its path')
  if (isDynamic(query)) throw new Error('has values in its query')
  const segments = path.split('/').slice(1).map((segment) => isDynamic(segment) ? compileTemplate(segment) : segment)
  return {
    origin: new URL(origin).origin,
    names: segments.flatMap((segment) => typeof segment === 'string' ? [] : segment.names),
    render (values) {
      const rendered = segments.map((segment) => typeof segment === 'string' ? segment : encodeSegment(segment, values))
      return rendered.includes(undefined) ? undefined : `${origin}/${rendered.join('/')}${query}`
    }
  }
}

function encodeSegment (template: Template, values: TemplateValues): string | undefined {
  const text = template.render(values).trim()
  return text === '' || text === '.' || text === '..' ? undefined : percentEncode(text)
}

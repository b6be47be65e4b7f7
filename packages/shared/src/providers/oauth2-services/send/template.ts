import { Liquid } from 'liquidjs'

/** The values of a template: the message, the key of the delivery and the account. */
export type TemplateValues = Readonly<Record<string, unknown>>

export interface Template {
  /** The names of the values that the template uses. */
  readonly names: readonly string[]
  /** Throws Error when the template exceeds its limits. */
  render: (values: TemplateValues) => string
}

/**
 * Compiles a Liquid template for one text of a request. The caller encodes the result as a whole: a template never writes JSON, a
 * form or a URL itself. Throws Error for an invalid template.
 */
export function compileTemplate (text: string): Template {
  const parsed = engine.parse(text)
  return {
    names: [...new Set(engine.globalVariablesSync(text))],
    render: (values) => String(engine.renderSync(parsed, values))
  }
}

export function isDynamic (text: string): boolean {
  return /\{\{|\{%/.test(text)
}

const engine = createEngine()

/** No files, no prototypes, and limits on size, time and memory. */
function createEngine (): Liquid {
  const liquid = new Liquid({
    ownPropertyOnly: true, strictFilters: true, templates: {}, parseLimit: 10_000, renderLimit: 100, memoryLimit: 1_000_000
  })
  for (const tag of ['include', 'render', 'layout', 'block']) delete liquid.tags[tag]
  return liquid
}

import { showExclusiveFields } from './exclusive-fields.ts'

/**
 * Moves every object schema with a title to `components.schemas` of an OpenAPI document, and refers to it by its name. The
 * schemas of the routes stay inline for validation and serialization.
 */
export function nameSchemas<Document extends object> (document: Document): Document {
  const schemas: Record<string, unknown> = {}

  function visit (node: unknown): unknown {
    if (Array.isArray(node)) return node.map(visit)
    if (typeof node !== 'object' || node === null) return node
    const visited = showExclusiveFields(Object.fromEntries(Object.entries(node).map(([name, value]) => [name, visit(value)])))
    const name = nameOf(node)
    if (name === undefined) return visited
    const known = schemas[name]
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(visited)) throw new TypeError(`Two schemas are named ${name}`)
    schemas[name] = visited
    return { $ref: `#/components/schemas/${name}` }
  }

  const { paths, components = {} }: { paths?: unknown, components?: object } = document
  return { ...document, paths: visit(paths), components: { ...components, schemas } }
}

/** A property of an object schema may be called `title` too, but its value is a schema. */
function nameOf (node: object): string | undefined {
  const { title, type }: { title?: unknown, type?: unknown } = node
  return typeof title === 'string' && type === 'object' ? title : undefined
}

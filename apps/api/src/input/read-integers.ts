/**
 * Turns the text of a query's integers into numbers, in place: digits alone, at most fifteen of them. Everything else stays
 * text, which the schema refuses by the name of the parameter. Ajv's own coercion takes `Infinity`, which then skips its bounds.
 */
export function createIntegerReader (schema: unknown): (query: unknown) => void {
  const { properties = {} }: { properties?: Record<string, { type?: unknown }> } = Object(schema)
  const names = Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
  return (query) => {
    if (names.length === 0 || typeof query !== 'object' || query === null) return
    for (const name of names) {
      const text: unknown = Reflect.get(query, name)
      if (typeof text === 'string' && /^-?\d{1,15}$/.test(text)) Reflect.set(query, name, Number(text))
    }
  }
}

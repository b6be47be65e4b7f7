/**
 * Shows an object that must have exactly one of its fields as a union, so that readers see valid bodies. An alternative has the
 * title of its field. The routes validate the object itself, whose errors name the field that the caller meant.
 */
export function showExclusiveFields (schema: object): object {
  const { minProperties, maxProperties, properties, title, description }: {
    minProperties?: unknown
    maxProperties?: unknown
    properties?: Record<string, { title?: string }>
    title?: unknown
    description?: unknown
  } = schema
  if (minProperties !== 1 || maxProperties !== 1 || properties === undefined) return schema
  return {
    ...title !== undefined && { title },
    ...description !== undefined && { description },
    oneOf: Object.entries(properties).map(([name, { title: alternative = name, ...field }]) => (
      { title: alternative, type: 'object', required: [name], properties: { [name]: field }, additionalProperties: false }
    ))
  }
}

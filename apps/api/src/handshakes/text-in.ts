/** A field of a query or a form; empty when the field is absent or repeated. */
export function textIn (input: unknown, name: string): string {
  const value: unknown = typeof input === 'object' && input !== null ? Object.entries(input).find(([key]) => key === name)?.[1] : undefined
  return typeof value === 'string' ? value : ''
}

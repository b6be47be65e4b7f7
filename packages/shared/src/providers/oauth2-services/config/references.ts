/** The values of environment variables, by name. */
export type Variables = Readonly<Record<string, unknown>>

/** Replaces each `${NAME}` by the variable's value. Throws Error with the name of a variable that is not set. */
export function insertVariables (text: string, variables: Variables): string {
  return text.replace(reference, (_, name: string) => {
    const value = variables[name]
    if (typeof value !== 'string' || value === '') throw new Error(name)
    return value
  })
}

/** The names of all variables to which the texts of a document refer, in the order of the document. */
export function listReferences (document: unknown): string[] {
  if (typeof document === 'string') return [...document.matchAll(reference)].map(([, name = '']) => name)
  if (typeof document !== 'object' || document === null) return []
  return [...new Set(Object.values(document).flatMap(listReferences))]
}

const reference = /\$\{([A-Z][A-Z0-9_]*)\}/g

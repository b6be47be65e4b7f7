/** Whether a parsed JSON value is an object, and neither null nor an array. */
export function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a parsed JSON value is a string with at least one character. */
export function isText (value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Without `stream`, a decoder keeps nothing between texts, and it takes longer to create one than to use it. */
const decoder = new TextDecoder()

/** Parses a body as JSON, without the byte order mark that some servers send first. Undefined when it is not JSON. */
export function parseJson (body: Uint8Array | string): unknown {
  const text = typeof body === 'string' ? body : decoder.decode(body)
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text)
  } catch {
    return undefined
  }
}

/** Parses a body as a JSON object. Undefined when it is anything else. */
export function parseJsonObject (body: Uint8Array | string): Record<string, unknown> | undefined {
  const json = parseJson(body)
  return isObject(json) ? json : undefined
}

/** Pushbullet omits members that are null, false, "", [] or {}. It keeps zero. */
export function withoutEmpty (value: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    const trimmed = trim(member)
    if (!isEmpty(trimmed)) kept[key] = trimmed
  }
  return kept
}

function trim (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(trim)
  return typeof value === 'object' && value !== null ? withoutEmpty(value) : value
}

function isEmpty (value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}

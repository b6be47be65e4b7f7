import { v7, validate } from 'uuid'

const prefixes = { user: 'usr', team: 'tea', connection: 'con', handshake: 'hsk', notification: 'ntf', apiKey: 'key' } as const

export type IdKind = keyof typeof prefixes

/** A new UUIDv7, as the database stores it. */
export function newId (): string {
  return v7()
}

/** The id as the API shows it: `ntf_0199…`. */
export function publicId (kind: IdKind, id: string): string {
  return `${prefixes[kind]}_${id}`
}

/** The UUID inside a public id, or undefined when it is not one of that kind. */
export function parseId (kind: IdKind, text: string): string | undefined {
  const [prefix, id, ...rest] = text.split('_')
  return prefix === prefixes[kind] && id !== undefined && rest.length === 0 && validate(id) ? id.toLowerCase() : undefined
}

import { findHandshake } from '@carillon/shared/handshakes'
import type { Handshake, HandshakeKind } from '@carillon/shared/handshakes'
import { parseId } from '@carillon/shared/db'
import type { Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'

/** The handshake that a query or a form names in `handshake`, if it is one of this provider and of this kind. */
export async function findNamedHandshake (
  { database, now }: Services, provider: Provider, input: unknown, kind?: HandshakeKind
): Promise<Handshake | undefined> {
  const id = parseId('handshake', textIn(input, 'handshake'))
  const handshake = id === undefined ? undefined : await findHandshake(database, id, now())
  return handshake?.provider === provider.id && (kind ?? handshake.kind) === handshake.kind ? handshake : undefined
}

/** A field of a query or a form; empty when it is not there, or there more than once. */
export function textIn (input: unknown, name: string): string {
  const value: unknown = typeof input === 'object' && input !== null ? Object.entries(input).find(([key]) => key === name)?.[1] : undefined
  return typeof value === 'string' ? value : ''
}

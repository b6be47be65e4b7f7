import { parseId } from '@carillon/shared/db'
import { findHandshake } from '@carillon/shared/handshakes'
import type { Handshake, HandshakeKind } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { textIn } from '../../handshakes/text-in.ts'
import type { Services } from '../../services.ts'

/** The handshake that a query or a form names in `handshake`, if it is one of this provider and of this kind. */
export async function findNamedHandshake (
  { database, now }: Services, provider: Provider, input: unknown, kind?: HandshakeKind
): Promise<Handshake | undefined> {
  const id = parseId('handshake', textIn(input, 'handshake'))
  const handshake = id === undefined ? undefined : await findHandshake(database, id, now())
  return handshake?.provider === provider.id && (kind ?? handshake.kind) === handshake.kind ? handshake : undefined
}

import type { HandshakeKind } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'

export const handshakeKinds = ['redirect', 'verifier', 'code'] as const satisfies HandshakeKind[]

/** The ways in that a provider has. The first is the one that people expect. */
export function kindsOf ({ handshakes: { code, verifier, oneTimeCode } }: Provider): HandshakeKind[] {
  const has = { redirect: (code ?? verifier) !== undefined, verifier: verifier !== undefined, code: oneTimeCode !== undefined }
  return handshakeKinds.filter((kind) => has[kind])
}

import type { HandshakeKind } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'

export const handshakeKinds = ['redirect', 'verifier', 'code'] as const satisfies HandshakeKind[]

/** The kinds of handshake that a provider supports. The first is the default. */
export function kindsOf ({ handshakes: { code, redirect, verifier, oneTimeCode } }: Provider): HandshakeKind[] {
  const has = {
    redirect: (code ?? redirect ?? verifier) !== undefined,
    verifier: verifier !== undefined,
    code: oneTimeCode !== undefined
  }
  return handshakeKinds.filter((kind) => has[kind])
}

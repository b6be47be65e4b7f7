import type { HandshakeKind } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'

export const handshakeKinds = ['redirect', 'verifier', 'code', 'confirm', 'paste', 'link', 'subscribe'] as const satisfies HandshakeKind[]

/** The kinds of handshake that a provider supports. The first is the default. */
export function kindsOf ({ handshakes }: Provider): HandshakeKind[] {
  const { code, redirect, verifier, oneTimeCode, address, link, subscribe } = handshakes
  const has = {
    redirect: (code ?? redirect ?? verifier) !== undefined,
    verifier: verifier !== undefined,
    code: oneTimeCode !== undefined,
    confirm: address?.sendCode !== undefined,
    paste: address !== undefined && address.sendCode === undefined,
    link: link !== undefined,
    subscribe: subscribe !== undefined
  }
  return handshakeKinds.filter((kind) => has[kind])
}

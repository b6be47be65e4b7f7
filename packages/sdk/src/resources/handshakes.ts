import type { AddressRequest, ConfirmRequest, Handshake, HandshakeRequest, SubscriptionRequest } from '../generated/contract.ts'
import { dataOf, toInit } from '../api/open-api.ts'
import type { Api, RequestOptions } from '../api/open-api.ts'

/** Most calls require the token of a user. docs/connections.md describes the kinds of handshakes. */
export function createHandshakes (api: Api) {
  const path = (id: string) => ({ params: { path: { id } } })
  return {
    create: async (handshake: HandshakeRequest, options: RequestOptions = {}): Promise<Handshake> =>
      await dataOf(api.POST('/v1/handshakes', { body: handshake, ...toInit(options) })),
    get: async (id: string, options: RequestOptions = {}): Promise<Handshake> =>
      await dataOf(api.GET('/v1/handshakes/{id}', { ...path(id), ...toInit(options) })),
    submitVerifier: async (id: string, verifier: string, options: RequestOptions = {}): Promise<Handshake> =>
      await dataOf(api.POST('/v1/handshakes/{id}/verifier', { ...path(id), body: { verifier }, ...toInit(options) })),
    submitAddress: async (id: string, address: AddressRequest, options: RequestOptions = {}): Promise<Handshake> =>
      await dataOf(api.POST('/v1/handshakes/{id}/address', { ...path(id), body: address, ...toInit(options) })),
    submitSubscription: async (id: string, subscription: SubscriptionRequest, options: RequestOptions = {}): Promise<Handshake> =>
      await dataOf(api.POST('/v1/handshakes/{id}/subscription', { ...path(id), body: subscription, ...toInit(options) })),
    resendCode: async (id: string, options: RequestOptions = {}): Promise<Handshake> =>
      await dataOf(api.POST('/v1/handshakes/{id}/resend', { ...path(id), ...toInit(options) })),
    confirm: async (id: string, decision: ConfirmRequest, options: RequestOptions = {}): Promise<Handshake> =>
      await dataOf(api.POST('/v1/handshakes/{id}/confirm', { ...path(id), body: decision, ...toInit(options) })),
    redeem: async (id: string, options: RequestOptions = {}): Promise<Handshake> =>
      await dataOf(api.POST('/v1/handshakes/{id}/redeem', { ...path(id), ...toInit(options) }))
  }
}

export type { BlotreClient, BlotreClientInfo, BlotreClientOptions } from './blotre-client.ts'
export { createBlotreClient } from './blotre-client.ts'
export type { DisposableAppOptions } from './blotre-disposable-app.ts'
export { createDisposableApp } from './blotre-disposable-app.ts'
export type {
  BlotreDisposable, BlotreStatus, BlotreStream, BlotreTag, BlotreToken, BlotreTokenInfo, BlotreUser
} from './blotre-objects.ts'
export type { NewStream } from './blotre-requests.ts'
export { RestError } from './blotre-rest-error.ts'
export { TokenEndpointError } from './blotre-token-endpoint-error.ts'
export { joinUri, normalizeUri } from './blotre-uri.ts'
export type { Answer, Http, HttpOptions, HttpRequest } from './http.ts'
export { createHttp } from './http.ts'
export type { Message, MessageFile } from './message.ts'
export type {
  Account, Call, CodeBegun, CodeHandshake, Credentials, ForwardedRequest, Grant, Handshakes, OneTimeCodeHandshake, Provider, Receipt,
  Refreshed, Registration, Registrations, VerifierBegun, VerifierHandshake
} from './provider.ts'
export type { Verdict } from './provider-error.ts'
export { ProviderError } from './provider-error.ts'
export type { ProvidersConfig } from './registry.ts'
export { createProviders, trustedOrigins } from './registry.ts'
export type { TransportCode } from './transport-error.ts'
export { TransportError } from './transport-error.ts'

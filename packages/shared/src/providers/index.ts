export type { BlotreClient, BlotreClientInfo, BlotreClientOptions } from './blotre/client.ts'
export { createBlotreClient } from './blotre/client.ts'
export type { DisposableAppOptions } from './blotre/disposable-app.ts'
export { createDisposableApp } from './blotre/disposable-app.ts'
export type {
  BlotreDisposable, BlotreStatus, BlotreStream, BlotreTag, BlotreToken, BlotreTokenInfo, BlotreUser
} from './blotre/objects.ts'
export type { NewStream } from './blotre/requests.ts'
export { RestError } from './blotre/rest-error.ts'
export { TokenEndpointError } from './blotre/token-endpoint-error.ts'
export { joinUri, normalizeUri } from './blotre/uri.ts'
export { defineProvider } from './define-provider.ts'
export type { ProviderClient, ProviderDefinition, Site, TerminalAccess } from './define-provider.ts'
export { exchangeCode } from './oauth2/exchange-code.ts'
export type { FileStore } from './files/file-store.ts'
export { createFileStore } from './files/file-store.ts'
export { createMemoryRegistrations } from './memory-registrations.ts'
export type { Message, MessageFile } from './message.ts'
export type {
  Account, AdAccount, Authorized, Call, CodeBegun, CodeHandshake, Credentials, ForwardedRequest, Grant, Handshakes, InsightsDay,
  Notice, Notices, OneTimeCodeHandshake, Provider, Pull, PullPage, Receipt, Refreshed, Registration, Registrations, VerifierBegun,
  VerifierHandshake
} from './provider.ts'
export { isTooMuch, ProviderError } from './provider-error.ts'
export { createPumpio } from './pumpio/pumpio.ts'
export type { PumpioConfig } from './pumpio/pumpio.ts'
export { createPumpioClient } from './pumpio/client.ts'
export type { PumpioAccess, PumpioClient, PumpioClientOptions } from './pumpio/client.ts'
export type { PumpioAudience, PumpioCredentials } from './pumpio/credentials.ts'
export type { PumpioApplication } from './pumpio/registration.ts'
export { createProviders, definitions, maxPerSecond, trustedOrigins } from './registry.ts'
export type { ProviderValues } from './registry.ts'

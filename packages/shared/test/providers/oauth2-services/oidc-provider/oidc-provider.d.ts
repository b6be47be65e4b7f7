/** The used part of a server without types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface Grant {
    addOIDCScope (scope: string): void
    save (): Promise<string>
  }

  export default class OidcProvider {
    constructor (issuer: string, configuration: object)
    readonly Grant: new (options: { accountId: string, clientId: string }) => Grant
    callback (): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    interactionDetails (request: IncomingMessage, response: ServerResponse): Promise<{
      prompt: { name: string }
      params: { client_id: string, scope: string }
      session?: { accountId: string }
    }>
    interactionFinished (request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  }
}

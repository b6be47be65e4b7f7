import { randomUUID } from 'node:crypto'
import { isUserHost, sendRequest } from '@carillon/http'
import type { Classifier } from '@carillon/http'
import { activeSecrets, newWebhookSecret, signWebhook } from '../../webhooks/index.ts'
import type { Receipt } from '../capabilities.ts'
import type { Grant } from '../credentials.ts'
import type { ProviderClient } from '../define-provider.ts'
import type { AddressHandshake, Confirmation } from '../handshakes.ts'
import type { Message } from '../message.ts'
import { renderOnce } from '../render-once.ts'
import type { RequestContext } from '../request-context.ts'
import { classify, classifyChallenge, unreachable } from './classify.ts'
import { accountOf, createEndpointReader, keepRetiring } from './endpoint.ts'
import type { WebhookCredentials } from './endpoint.ts'
import { render } from './render.ts'

/** More is not read: only the answer to a challenge has a meaning. */
const maxResponseBytes = 64 * 1024
const timeoutMs = 20_000

const lastingErrors = {
  dns: unreachable('no usable address for this host name'),
  tls: unreachable('no trusted TLS connection'),
  notAllowed: unreachable('host is not public')
}

/** Posts signed JSON to an endpoint of the user (Standard Webhooks 1.0.0). Users choose the host, so the guard applies. */
export function createWebhook ({ insecureHosts }: { insecureHosts: readonly string[] }): ProviderClient<WebhookCredentials> {
  const { insecureOrigins, parseUrl, parseCredentials } = createEndpointReader(insecureHosts)
  const renderShared = renderOnce(render)

  const address: AddressHandshake<WebhookCredentials> = {
    field: {
      label: 'URL',
      placeholder: 'https://example.com/notifications',
      hint: 'Enter the URL of your own program. It receives each notification as a signed POST request.'
    },
    accept: async (text) => {
      const credentials = { url: parseUrl(text), secret: newWebhookSecret() }
      return { credentials, account: accountOf(credentials), newSecret: toNewSecret(credentials) }
    },
    sendCode
  }

  return {
    origins: insecureOrigins,
    // Each endpoint has a health of its own.
    ownHosts: [],
    handshakes: { address },
    parseCredentials,
    // Every request is a message to the user, so there is none that checks the endpoint.
    identify: async (credentials) => accountOf(credentials),
    identifiesOffline: true,
    mergeCredentials: keepRetiring,
    send,
    render,
    idempotent: true
  }

  async function sendCode (
    { credentials }: Grant<WebhookCredentials>, { code, url, site }: Confirmation, context: RequestContext
  ): Promise<'sent' | 'proven'> {
    const event = { type: 'connection.verify', id: randomUUID(), data: { challenge: code, url, site } }
    return await post(event, credentials, (response, now) => classifyChallenge(response, now, code), context)
  }

  async function send (
    message: Message, key: string, credentials: WebhookCredentials, context: RequestContext
  ): Promise<Receipt> {
    const { title, text: body, url, image, actions, style } = renderShared(message)
    const event = { type: 'notification.sent', id: key, data: { type: message.type, title, body, url, image, actions, ...style } }
    await post(event, credentials, classify, context, lastingErrors)
    return { id: key }
  }
}

/** Sends one event. `id` is the same for every attempt. */
async function post<T> (
  { type, id, data }: { type: string, id: string, data: object }, credentials: WebhookCredentials, classify: Classifier<T>,
  context: RequestContext, overrides: Parameters<typeof sendRequest>[3] = {}
): Promise<T> {
  const now = context.now()
  const { url } = credentials
  const body = JSON.stringify({ type, timestamp: new Date(now).toISOString(), data })
  const headers = { 'content-type': 'application/json', ...signWebhook({ id, body, secrets: activeSecrets(credentials, now) }, now) }
  const request = {
    method: 'POST', url, isGuarded: isUserHost(url), headers, body, maxResponseBytes, cutsResponse: true, timeoutMs
  } as const
  return await sendRequest(request, classify, context, overrides)
}

function toNewSecret ({ secret }: WebhookCredentials): NonNullable<Grant['newSecret']> {
  return {
    label: 'Signing secret',
    value: secret,
    hint: 'Your program uses it to verify that a request comes from us (Standard Webhooks). An earlier secret of this URL works for 24 more hours.'
  }
}

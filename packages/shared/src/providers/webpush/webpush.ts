import { isObject, isText, isTooMuch, ProviderError, sendRequest } from '@carillon/http'
import type { RequestContext } from '../request-context.ts'
import type { ProviderClient, Site } from '../define-provider.ts'
import type { Grant } from '../credentials.ts'
import type { Message } from '../message.ts'
import { renderOnce } from '../render-once.ts'
import { classify } from './classify.ts'
import { accountOf, parsePushSubscription, toSubscription } from './credentials.ts'
import type { PushSubscription } from './credentials.ts'
import { encryptForBrowser } from './encrypt.ts'
import { createKeySet } from './key-set.ts'
import { createPushHosts } from './push-hosts.ts'
import { renderMessage, shorten, topicOf, toPayload } from './render.ts'
import { createVapidHeaders } from './vapid-header.ts'
import { parseVapidKey } from './vapid-keys.ts'

export interface WebPushConfig {
  contact: string
  /** Private keys in base64url. Browsers subscribe with the first. */
  keys: readonly string[]
  /** The ids of keys whose subscriptions have ended. */
  retiredKeys: readonly string[]
  hosts: readonly string[]
  ttlSeconds: number
}

export function createWebPush (config: WebPushConfig, { name: siteName }: Site): ProviderClient<PushSubscription> {
  const keys = config.keys.map(parseVapidKey)
  const [current] = keys
  if (current === undefined) throw new TypeError('WEBPUSH_KEYS contains no key')
  const hosts = createPushHosts(config.hosts)
  const vapidHeaders = createVapidHeaders(config.contact)
  const keySet = createKeySet(keys, config.retiredKeys)
  const renderShared = renderOnce(render)

  return {
    origins: hosts.origins,
    // Each push service has a health of its own.
    ownHosts: [],
    handshakes: { subscribe: { publicKeys: [current.publicKey, ...keys.slice(1).map(({ publicKey }) => publicKey)], accept } },
    parseCredentials: (value) => parsePushSubscription(value, current.id),
    identify: async (credentials) => accountOf(credentials),
    identifiesOffline: true,
    send,
    render,
    idempotent: true
  }

  function accept (input: unknown): Grant<PushSubscription> {
    const { endpoint, keys: own, applicationServerKey = current?.publicKey, name } = isObject(input) ? input : {}
    const { p256dh, auth } = isObject(own) ? own : {}
    const key = keys.find(({ publicKey }) => publicKey === applicationServerKey)
    if (key === undefined) throw rejected('was made with a VAPID key that this server does not have')
    const credentials = toSubscription({ endpoint, p256dh, auth, keyId: key.id })
    if (typeof credentials === 'string') throw rejected(credentials)
    const fault = hosts.findFault(credentials.endpoint)
    if (fault !== undefined) throw rejected(`has an endpoint that ${fault}`)
    return { credentials, account: accountOf(credentials, isText(name) ? name : undefined) }
  }

  async function send (message: Message, key: string, credentials: PushSubscription, context: RequestContext) {
    const rendered = renderShared(message)
    const facts = { key, message, seenToken: context.seenToken?.() }
    const { collapseKey } = message
    const headers = { urgency: rendered.style.urgency, ...collapseKey !== undefined && { topic: topicOf(collapseKey) } }
    try {
      await post(toPayload(rendered, facts), headers, credentials, context)
    } catch (error) {
      if (!isTooMuch(error)) throw error
      await post(toPayload(shorten(rendered), facts), headers, credentials, context)
    }
    // The push service gives each copy a new id. Our key is the same for all of them, and the browser shows one.
    return { id: key }
  }

  function render (message: Message) {
    if (message.type !== 'file') return renderMessage(message, siteName)
    throw new ProviderError({ kind: 'rejected', reason: 'a browser notification cannot contain a file' }, 'message')
  }

  async function post (
    payload: Buffer, headers: Record<string, string>, credentials: PushSubscription, context: RequestContext
  ): Promise<void> {
    const { endpoint, keyId } = credentials
    const url = new URL(endpoint)
    const fault = hosts.findFault(endpoint)
    if (fault === 'was removed by the browser') throw new ProviderError({ kind: 'gone', reason: `the endpoint ${fault}` }, url.host)
    if (fault !== undefined) throw new ProviderError({ kind: 'rejected', reason: `the endpoint ${fault}` }, url.host)
    const acceptedId = await keySet.send(keyId, url, (key) => sendRequest({
      method: 'POST',
      url: endpoint,
      isGuarded: !hosts.origins.includes(url.origin),
      headers: {
        authorization: vapidHeaders(url.origin, key, context.now()),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(config.ttlSeconds),
        ...headers
      },
      body: encryptForBrowser(payload, credentials),
      maxResponseBytes: 16_384
    }, classify, context))
    const accepted: PushSubscription = { ...credentials, keyId: acceptedId }
    if (acceptedId !== keyId) context.onMoved?.(accepted)
  }
}

function rejected (reason: string): ProviderError {
  return new ProviderError({ kind: 'rejected', reason: `the subscription ${reason}` }, 'subscription')
}

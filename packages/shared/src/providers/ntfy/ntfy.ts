import { createHash, randomBytes } from 'node:crypto'
import { createUserHosts, fileTimeoutMs, isUserHost, ProviderError, sendRequest, withFile } from '@carillon/http'
import type { HttpRequest, HttpResponse } from '@carillon/http'
import type { Receipt } from '../capabilities.ts'
import type { Account, Grant } from '../credentials.ts'
import type { ProviderClient } from '../define-provider.ts'
import type { AddressHandshake, Confirmation } from '../handshakes.ts'
import type { Message } from '../message.ts'
import type { RequestContext } from '../request-context.ts'
import { classifyAuth, classifyPublished } from './classify.ts'
import type { Published } from './classify.ts'
import { renderPublish } from './render-publish.ts'
import { accountOf, isAccessToken, isTopic, parseTopicAddress } from './topic-address.ts'
import type { NtfyCredentials } from './topic-address.ts'

export interface NtfyConfig {
  /** The server of new topics. */
  url: string
  /** Hosts that are called over plain http. */
  insecureHosts: readonly string[]
}

const maxFileBytes = 15 * 1024 * 1024

/** Publishes to a topic of any ntfy server. Users choose the host, so requests go through the guard. */
export function createNtfy ({ url, insecureHosts }: NtfyConfig): ProviderClient<NtfyCredentials> {
  const hosts = createUserHosts(insecureHosts)
  const home = new URL(url).host

  const address: AddressHandshake<NtfyCredentials> = {
    field: {
      label: 'Topic',
      placeholder: `${hosts.originOf(home)}/alerts`,
      hint: 'Enter the address of your topic. If it is protected, add an access token after a space.'
    },
    accept,
    generate: { label: 'Create a topic for me', create: () => `${home}/car-${randomBytes(16).toString('hex')}` },
    deviceLinks: ({ credentials: { host, topic } }) => {
      const origin = hosts.originOf(host)
      return { appUrl: `ntfy://${host}/${topic}${origin.startsWith('http:') ? '?secure=false' : ''}`, webUrl: `${origin}/${topic}` }
    },
    sendCode
  }

  return {
    origins: hosts.insecureOrigins,
    // Each server has a health of its own.
    ownHosts: [],
    handshakes: { address },
    parseCredentials,
    identify,
    send,
    render: (message) => renderPublish(message, home)
  }

  function parseCredentials (value: unknown): NtfyCredentials {
    const { host, topic, accessToken } = Object(value) as Partial<Record<string, unknown>>
    const isValid = typeof host === 'string' && hosts.parse(host) === host && typeof topic === 'string' && isTopic(topic) &&
      (accessToken === undefined || (typeof accessToken === 'string' && isAccessToken(accessToken)))
    if (!isValid) throw new ProviderError({ kind: 'malformed', reason: 'credentials need a host and a topic' }, home)
    return { host, topic, ...accessToken !== undefined && { accessToken } }
  }

  async function identify (credentials: NtfyCredentials, context: RequestContext): Promise<Account> {
    const { topic, accessToken } = credentials
    const check = { method: 'GET', url: `${hosts.originOf(credentials.host)}/${topic}/auth` } as const
    const hasToken = accessToken !== undefined
    await sendRequest(authorized(check, credentials), (response, now) => classifyAuth(response, now, hasToken), context)
    return accountOf(credentials)
  }

  async function accept (text: string, context: RequestContext): Promise<Grant<NtfyCredentials>> {
    const credentials = parseTopicAddress(text, hosts, home)
    return { credentials, account: await identify(credentials, context).catch(throwRejected) }
  }

  async function sendCode (
    { credentials }: Grant<NtfyCredentials>, { code, url, site }: Confirmation, context: RequestContext
  ): Promise<'sent'> {
    const message = `${code} is the code that connects this topic to ${site}. If you did not ask for it, ignore this message.`
    const action = { action: 'view', label: 'Connect', url }
    await publish({ title: `Connect ntfy to ${site}`, message, priority: 4, actions: [action] }, credentials, context).catch(throwRejected)
    return 'sent'
  }

  async function send (message: Message, key: string, credentials: NtfyCredentials, context: RequestContext): Promise<Receipt> {
    const { title, text, url: click, image, actions = [], style } = renderPublish(message, credentials.host)
    const { priority, tags } = style ?? {}
    const options = { title, message: text, click, priority: Number(priority), tags, sequence_id: sequenceOf(message, key) }
    if (message.file !== undefined && message.type === 'file') return await upload(message.file, options, credentials, context)
    const buttons = actions.map(({ title: label, url }) => ({ action: 'view', label, url }))
    return await publish({ ...options, attach: image, ...buttons.length > 0 && { actions: buttons } }, credentials, context)
  }

  async function upload (
    file: NonNullable<Message['file']>, options: Record<string, unknown>, credentials: NtfyCredentials, context: RequestContext
  ): Promise<Receipt> {
    const given = Object.entries({ ...options, filename: file.name }).filter(([, value]) => value !== undefined)
    const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name === 'sequence_id' ? 'sequence-id' : name, String(value)]))
    const target = `${hosts.originOf(credentials.host)}/${credentials.topic}?${query}`
    return await withFile(file, maxFileBytes, context, (body) => sendTo(credentials, {
      method: 'POST', url: target, headers: { 'content-type': 'application/octet-stream' }, body, timeoutMs: fileTimeoutMs
    }, context))
  }

  /** Publishes as JSON to the root, so that the topic is in no URL. */
  async function publish (
    content: Record<string, unknown>, credentials: NtfyCredentials, context: RequestContext
  ): Promise<Receipt> {
    const { host, topic } = credentials
    const body = JSON.stringify({ topic, ...content })
    const headers = { 'content-type': 'application/json' }
    return await sendTo(credentials, { method: 'POST', url: `${hosts.originOf(host)}/`, headers, body }, context)
  }

  async function sendTo (credentials: NtfyCredentials, request: HttpRequest, context: RequestContext): Promise<Receipt> {
    const hasToken = credentials.accessToken !== undefined
    const classify = (response: HttpResponse, now: number) => classifyPublished(response, now, hasToken)
    const { id }: Published = await sendRequest(authorized(request, credentials), classify, context)
    return { id }
  }

  function authorized (request: HttpRequest, { accessToken }: NtfyCredentials): HttpRequest {
    const authorization = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }
    const headers = { accept: 'application/json', ...request.headers, ...authorization }
    return { ...request, isGuarded: isUserHost(request.url), headers }
  }
}

/**
 * Apps replace a notification with the same id, from server 2.16 on. Older servers ignore it and show the message again, so a
 * repeat is not safe.
 */
function sequenceOf ({ collapseKey }: Message, key: string): string {
  return collapseKey === undefined ? key : createHash('sha256').update(collapseKey).digest('hex').slice(0, 32)
}

/** The user can correct an address that the server does not accept. */
function throwRejected (error: unknown): never {
  if (!(error instanceof ProviderError) || error.failure.kind !== 'unauthorized') throw error
  const reason = error.failure.reason.startsWith('topic')
    ? 'needs an access token: add it after a space'
    : 'has an access token that the server does not accept for this topic'
  throw new ProviderError({ kind: 'rejected', reason }, error.host, error.status)
}

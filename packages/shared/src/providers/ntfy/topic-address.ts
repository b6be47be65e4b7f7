import { createHash } from 'node:crypto'
import { ProviderError } from '@carillon/http'
import type { UserHosts } from '@carillon/http'
import type { Account, Credentials } from '../credentials.ts'

/** A topic of a server. On servers without accounts, everyone who knows its name may read it, so the name is a secret. */
export interface NtfyCredentials extends Credentials {
  host: string
  topic: string
  accessToken?: string
}

/** Paths of the server itself. */
const reserved = ['docs', 'static', 'file', 'app', 'metrics', 'account', 'settings', 'signup', 'login', 'v1']

/** Parses `https://host/topic`, `host/topic` or a topic of the server `home`, with an access token after a space. Throws ProviderError. */
export function parseTopicAddress (text: string, hosts: UserHosts, home: string): NtfyCredentials {
  const [address = '', accessToken, more] = text.trim().split(/\s+/)
  if (more !== undefined) throw rejected('must be one URL, with an access token after a space if the topic needs one', home)
  if (accessToken !== undefined && !isAccessToken(accessToken)) throw rejected('has an access token that does not begin with tk_', home)
  const token = accessToken === undefined ? {} : { accessToken }
  if (isTopic(address)) return { host: home, topic: address, ...token }

  const [, scheme, userinfo, hostText = '', topic = ''] = /^(?:(\w+):\/\/)?(?:([^@/]*)@)?([^/?#]+)\/([^/?#]+)\/?$/.exec(address) ?? []
  const host = hosts.parse(hostText)
  if (host === undefined || !isTopic(topic) || !['https', 'http', 'ntfy', 'ntfys', undefined].includes(scheme)) {
    throw rejected(`must be the address of a topic, such as https://${home}/alerts`, home)
  }
  if (userinfo !== undefined) throw rejected('must not contain a login: create an access token, and enter it after a space', home)
  if (scheme === 'http' && !hosts.originOf(host).startsWith('http:')) throw rejected('must use https', home)
  return { host, topic, ...token }
}

export function isTopic (text: string): boolean {
  return /^[-\w]{1,64}$/.test(text) && !reserved.includes(text)
}

export function isAccessToken (text: string): boolean {
  return /^tk_\w{8,64}$/.test(text)
}

/**
 * The account of a topic. Its id and name do not reveal the topic. The end of a long one distinguishes generated topics, and the
 * rest still cannot be guessed.
 */
export function accountOf ({ host, topic }: NtfyCredentials): Account {
  const hash = createHash('sha256').update(topic).digest('hex').slice(0, 24)
  const end = topic.length < 32 ? '' : topic.slice(-4)
  return { id: `${host}/${hash}`, name: `${host}/${topic.slice(0, Math.min(4, topic.length / 3))}…${end}`, host }
}

function rejected (reason: string, host: string): ProviderError {
  return new ProviderError({ kind: 'rejected', reason }, host)
}

import { createHash } from 'node:crypto'
import { isPage, classifyForeign, parseJsonObject, ProviderError, sendRequest } from '@carillon/http'
import type { Classification, Failure, HttpResponse } from '@carillon/http'
import type { Account } from '../credentials.ts'
import type { RequestContext } from '../request-context.ts'
import type { IdentityConfig } from './config/service-config.ts'
import { readTextAt } from './json-pointer.ts'
import { classify } from './send/classify.ts'

/** Reads the account from a document of the service. Throws ProviderError `malformed` when it is not there. */
export function readAccount (document: unknown, { id, names }: IdentityConfig, host: string): Account {
  const found = readTextAt(document, id)
  if (found === undefined) throw new ProviderError({ kind: 'malformed', reason: `the account has no ${id}` }, host)
  const name = names.map((pointer) => readTextAt(document, pointer)).find((each) => each !== undefined)
  return { id: found.slice(0, maxLength), name: (name ?? found).slice(0, maxLength) }
}

/** The account of a service that names none. Another grant is another account. */
export function anonymousAccount (token: string, serviceName: string): Account {
  return { id: createHash('sha256').update(token).digest('base64url').slice(0, 22), name: `${serviceName} account` }
}

/** Requests the document at the userinfo endpoint. */
export async function requestUserinfo (
  url: string, accessToken: string, { errors }: IdentityConfig, context: RequestContext
): Promise<Record<string, unknown>> {
  const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` }
  return await sendRequest({ method: 'GET', url, headers }, (response, now) => classifyUserinfo(response, now, errors), context)
}

/** Pure. An error of this endpoint is never about an address to which messages go. */
export function classifyUserinfo (
  response: HttpResponse, now: number, errors: IdentityConfig['errors']
): Classification<Record<string, unknown>> {
  const classified = classify(response, now, { rules: [], errors })
  if (classified.kind !== 'ok') return classified.kind === 'gone' ? notFound : classified
  const json = isPage(response) ? undefined : parseJsonObject(response.body)
  return json === undefined ? classifyForeign(response, now) : { kind: 'ok', value: json }
}

const notFound: Failure = { kind: 'rejected', reason: 'the userinfo endpoint does not exist' }

const maxLength = 200

import { classifyForeign, classifyStatus, isText, parseJsonObject } from '@carillon/http'
import type { Classification, HttpResponse } from '@carillon/http'

/** Only an error in Parrot's own format says something about the token or the message. */
export function classify (response: HttpResponse, now: number): Classification<string> {
  const failure = classifyStatus(response, now)
  if (failure !== undefined) return failure
  const { id, error, error_description: description } = parseJsonObject(response.body) ?? {}
  if (response.status === 200 && isText(id)) return { kind: 'ok', value: id }
  if (response.status < 400 || !isText(error)) return classifyForeign(response, now)
  if (error !== 'invalid_token') return { kind: 'rejected', reason: 'request refused' }
  if (description === 'The access token expired') return { kind: 'expired', reason: 'access token is expired' }
  return { kind: 'unauthorized', reason: 'access token is not accepted' }
}

import { isUserHost, sendRequest, toResult } from '@carillon/http'
import type { Classification, Failure, HttpResponse } from '@carillon/http'
import type { RequestContext } from '../request-context.ts'
import { allowedLength, classify, isDeletedSince } from './classify.ts'

/** The account that posts. */
export interface Author {
  origin: string
  accessToken: string
  /** The operator's account. Its failures are no fault of the user. */
  isBot: boolean
  /** The start of each post. */
  mention: string
  visibility: string
  canRefresh: boolean
}

/** More than the attempts of one delivery. */
const maxKeys = 30

/** Posts the text that `render` makes of a message for a maximum length, and returns the id of the post. */
export async function sendPost (
  render: (maxCharacters: number) => string, key: string, author: Author, context: RequestContext
): Promise<string> {
  const text = render(Infinity)
  const first = await postOnce(text, key)
  const allowed = allowedLength(first)
  // A server with a low limit. The shorter post has a key of its own, because some servers store the refusal under the first.
  const response = allowed === undefined || allowed <= author.mention.length ? first : await postOnce(render(allowed - author.mention.length), `${key}-short`)
  if (isDeletedSince(response)) return key
  return toResult(response, (response, now) => classifyPost(response, now, author), new URL(author.origin).host, context.now())

  /**
   * Posts a text once under `key`. Pleroma stores the response under the key, also an error. A later attempt gets the same error
   * again, so it takes the next key. A key with an unknown outcome was not answered with an error, so no attempt passes it.
   */
  async function postOnce (text: string, key: string): Promise<HttpResponse> {
    for (let number = 0; ; number++) {
      const response = await post(text, number === 0 ? key : `${key}-${number}`)
      const isOldError = response.status >= 400 && response.headers['idempotent-replayed'] === 'true'
      if (!isOldError || number === maxKeys) return response
    }
  }

  async function post (text: string, key: string): Promise<HttpResponse> {
    const { origin, accessToken, mention, visibility } = author
    const url = `${origin}/api/v1/statuses`
    const headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: `Bearer ${accessToken}`,
      'idempotency-key': key
    }
    // GoToSocial and Pleroma may read the text as Markdown otherwise.
    const body = JSON.stringify({ status: `${mention}${text}`, visibility, content_type: 'text/plain' })
    const request = { method: 'POST', url, isGuarded: !author.isBot && isUserHost(url), headers, body } as const
    return await sendRequest(request, (response) => ({ kind: 'ok', value: response }), context)
  }
}

function classifyPost (response: HttpResponse, now: number, { isBot, canRefresh }: Author): Classification<string> {
  const classified = classify(response, now, ['id'], { canRefresh, scope: 'write:statuses' })
  if (classified.kind === 'ok') return { kind: 'ok', value: classified.value.id }
  return isBot ? toBotFailure(classified) : classified
}

/** All users share the bot: its limit is everybody's, and only an operator can fix its token. */
function toBotFailure (failure: Failure): Failure {
  switch (failure.kind) {
    case 'rateLimited': return { ...failure, scope: 'app' }
    case 'unauthorized': case 'missingPermission': case 'gone': return { kind: 'misconfigured', reason: `the bot cannot post: ${failure.reason}; check MASTODON_BOT_URL and MASTODON_BOT_TOKEN` }
    default: return failure
  }
}

import type { HttpResponse } from '@carillon/http'
import type { RequestContext, CodeHandshake } from '@carillon/shared/providers'
import { ConnectFailure } from './connect-failure.ts'

/** RFC 6749 §4.1.3. Errors do not repeat the response, which may contain the code or a token. */
export async function exchangeCode (
  way: CodeHandshake, { code, redirectUri }: { code: string, redirectUri: string }, { http, signal }: RequestContext
): Promise<Record<string, unknown>> {
  const { clientId, clientSecret, tokenUrl, tokenRequest } = way
  const isForm = tokenRequest.format === 'form'
  const inBody = tokenRequest.credentials === 'body'
  const fields = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    ...inBody && { client_id: clientId, client_secret: clientSecret }
  }
  const answer = await http.request({
    method: 'POST',
    url: tokenUrl,
    headers: {
      accept: 'application/json',
      'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
      ...!inBody && { authorization: basic(clientId, clientSecret) }
    },
    body: isForm ? new URLSearchParams(fields).toString() : JSON.stringify(fields)
  }, signal)
  return tokenOf(answer, new URL(tokenUrl).host)
}

function tokenOf ({ status, body }: HttpResponse, host: string): Record<string, unknown> {
  const refused = status >= 400 && status < 500
  if (status !== 200) throw new ConnectFailure('failed', `${host} ${refused ? 'refused the code' : 'could not exchange the code'} (HTTP ${status})`)
  try {
    const token: unknown = JSON.parse(body.toString())
    if (typeof token === 'object' && token !== null) return { ...token }
  } catch {}
  throw new ConnectFailure('failed', `${host} did not return a token`)
}

/** RFC 6749 §2.3.1: both are form-encoded. */
function basic (clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((part) => new URLSearchParams([['', part]]).toString().slice(1))
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}

import { request } from 'undici'

/** Sends a request to a JSON API. Throws for every status except 2xx. */
export async function callJson<Result> (
  method: string, url: string, { body, token }: { body?: object | undefined, token?: string | undefined } = {}
): Promise<Result> {
  const response = await request(url, {
    method,
    headers: {
      ...body === undefined ? {} : { 'content-type': 'application/json' },
      ...token === undefined ? {} : { authorization: `Bearer ${token}` }
    },
    body: body === undefined ? null : JSON.stringify(body)
  })
  const text = await response.body.text()
  if (response.statusCode >= 300) throw new Error(`${method} ${new URL(url).pathname} answered ${response.statusCode}: ${text.slice(0, 500)}`)
  return JSON.parse(text) as Result
}

import { request } from 'undici'

/** Sends a request to a JSON API. Throws for every status except 2xx. */
export async function callJson<Answer> (
  method: string, url: string, { body, token }: { body?: object | undefined, token?: string | undefined } = {}
): Promise<Answer> {
  const answer = await request(url, {
    method,
    headers: {
      ...body === undefined ? {} : { 'content-type': 'application/json' },
      ...token === undefined ? {} : { authorization: `Bearer ${token}` }
    },
    body: body === undefined ? null : JSON.stringify(body)
  })
  const text = await answer.body.text()
  if (answer.statusCode >= 300) throw new Error(`${method} ${new URL(url).pathname} answered ${answer.statusCode}: ${text.slice(0, 500)}`)
  return JSON.parse(text) as Answer
}

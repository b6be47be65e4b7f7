import { sendRequest } from '@carillon/http'
import type { Classifier, HttpRequest } from '@carillon/http'
import type { RequestContext } from '../request-context.ts'
import { classify } from './classify.ts'

export interface BotApi {
  host: string
  origin: string
  /** Calls a method with JSON, and returns its result. Throws ProviderError. */
  call: (method: string, content: object, context: RequestContext, more?: RequestOptions) => Promise<unknown>
  /** Sends any body, and returns what `classifier` finds in the response. */
  post: <T>(method: string, body: RequestBody, classifier: Classifier<T>, context: RequestContext) => Promise<T>
}

type RequestOptions = Pick<HttpRequest, 'timeoutMs' | 'maxResponseBytes'>
export type RequestBody = Pick<HttpRequest, 'headers' | 'body' | 'timeoutMs'>

/** The token is part of the path, so no error and no log may contain a URL of these requests. */
export function createBotApi (apiUrl: string, botToken: string): BotApi {
  const { host, origin } = new URL(apiUrl)
  const urlOf = (method: string): string => `${apiUrl}/bot${botToken}/${method}`
  return {
    host,
    origin,
    call: (method, content, context, more = {}) =>
      sendRequest({ method: 'POST', url: urlOf(method), ...toJsonBody(content), ...more }, classify, context),
    post: (method, body, classifier, context) => sendRequest({ method: 'POST', url: urlOf(method), ...body }, classifier, context)
  }
}

export function toJsonBody (content: object): RequestBody {
  return { headers: { accept: 'application/json', 'content-type': 'application/json' }, body: JSON.stringify(content) }
}

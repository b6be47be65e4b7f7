import { parseAccessToken } from '../oauth2/parse-access-token.ts'
import type { Classification, Failure, HttpResponse } from '@carillon/http'
import { classifyTransfer, fileTimeoutMs, ProviderError, sendRequest, withFile } from '@carillon/http'
import {
  chooseRetryAt, classifyForeign, classifyStatus, encodeMultipart, isObject, isText, joinBase, parseEpochSeconds, parseJsonObject,
  parseRetryAfter
} from '@carillon/http'
import { classifyTokenRefusal } from '../oauth2/exchange-code.ts'
import type { Message, MessageFile } from '../message.ts'
import { renderOnce } from '../render-once.ts'
import { renderText } from '../render-text.ts'
import type { Rendered } from '../rendered.ts'
import type { Account, Grant, Tokens } from '../credentials.ts'
import type { RequestContext } from '../request-context.ts'
import type { ForwardedRequest } from '../capabilities.ts'
import type { ProviderClient } from '../define-provider.ts'

/** Tokens have no stated expiry and cannot be refreshed or revoked. */
export interface PushbulletCredentials extends Tokens {
  accessToken: string
}

export interface PushbulletConfig {
  clientId: string
  clientSecret: string
  /** The page on which the user grants access. */
  authorizeUrl: string
  /** Without `/v2`. */
  apiUrl: string
}

/**
 * Classifies a response of the JSON API. `members` are the required ones. Pushbullet omits members with empty values, so a
 * present member is not empty.
 */
export function classify<Name extends string> (
  response: HttpResponse, now: number, members: readonly Name[]
): Classification<Fields<Name>> {
  const { status, headers } = response
  const json = parseJsonObject(response.body)
  const error = errorOf(json)
  const retryAt = [parseRetryAfter(headers['retry-after'], now), parseEpochSeconds(headers['x-ratelimit-reset'])]
  const rules = { limitReason, retryAt }

  if (error?.code === 'ratelimited') return { kind: 'rateLimited', reason: limitReason, retryAt: chooseRetryAt(retryAt, now) }
  const failure = classifyStatus(response, now, rules)
  if (failure !== undefined) return failure
  if (status >= 400) return error === undefined ? classifyForeign(response, now, rules) : classifyError(error, status)
  if (status < 200 || status >= 300 || json === undefined) return classifyForeign(response, now, rules)
  const missing = members.find((name) => !isText(json[name]))
  return missing === undefined
    ? { kind: 'ok', value: json as Fields<Name> }
    : { kind: 'malformed', reason: `response lacks ${missing}` }
}

const limitReason = 'too many requests for this account'

function classifyError (error: PushbulletError, status: number): Failure {
  if (status === 401 || error.code === 'invalid_access_token') return { kind: 'unauthorized', reason: 'access token is not accepted' }
  if (status === 403) return { kind: 'unauthorized', reason: 'access token lacks permission' }
  if (error.code === 'pushbullet_pro_required') return { kind: 'quota', reason: 'free monthly quota is used up (pushbullet_pro_required)' }
  if (status === 404) return { kind: 'rejected', reason: 'resource not found' }
  return { kind: 'rejected', reason: error.param === undefined ? 'request refused' : `parameter ${error.param} refused` }
}

export function createPushbullet (config: PushbulletConfig): ProviderClient<PushbulletCredentials> {
  const apiUrl = config.apiUrl.replace(/\/+$/, '')
  const { origin, host } = new URL(`${apiUrl}/`)
  const renderShared = renderOnce(render)

  return {
    origins: [origin],
    handshakes: {
      code: {
        clientId: config.clientId,
        clientSecret: config.clientSecret,
        authorizeUrl: config.authorizeUrl,
        tokenUrl: `${apiUrl}/oauth2/token`,
        tokenRequest: { credentials: 'body', format: 'json' },
        // Pushbullet has no scopes: every token has full access.
        scope: [],
        // The documentation does not say that `state` is returned. It recommends a parameter in the redirect URI's query.
        correlation: 'redirect-query',
        accept,
        classifyRefusal
      }
    },
    parseCredentials: (value) => parseAccessToken(value, host),
    identify,
    send,
    render,
    idempotent: true,
    authorize,
    classifyCredentials
  }

  async function accept (token: Record<string, unknown>, context: RequestContext): Promise<Grant<PushbulletCredentials>> {
    const credentials = parseAccessToken({ accessToken: token.access_token }, host)
    return { credentials, account: await identify(credentials, context) }
  }

  async function identify (credentials: PushbulletCredentials, context: RequestContext): Promise<Account> {
    const me = await api('GET', '/users/me', undefined, ['iden'], credentials, context)
    return { id: me.iden, name: [me.name, me.email, me.iden].find(isText) ?? me.iden }
  }

  async function send (message: Message, key: string, credentials: PushbulletCredentials, context: RequestContext) {
    const { type, file } = message
    const { title, text: body, url } = renderShared(message)
    const uploaded = file === undefined ? {} : await upload(file, credentials, context)
    const push: Push = { type, guid: key, title, body, url, ...uploaded }
    const { iden } = await api('POST', '/pushes', push, ['iden'], credentials, context)
    return { id: iden }
  }

  /** Pushbullet states no limit for its texts. */
  function render (message: Message): Rendered {
    const { type, title, url, file } = message
    if (type === 'link' && url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'a link needs a url' }, host)
    if (type !== 'file') return { title, url, ...renderText(message, { inText: ['body', 'actions'], beside: ['title', 'url'] }) }
    if (file === undefined) throw new ProviderError({ kind: 'rejected', reason: 'a file message needs a file' }, host)
    // A file has no title at Pushbullet, so the title becomes part of the text.
    const text = renderText(message, { inText: ['title', 'body', 'actions'], beside: ['file'] })
    return { ...text, file: { name: file.name, type: file.type } }
  }

  async function upload (file: MessageFile, credentials: PushbulletCredentials, context: RequestContext) {
    return await withFile(file, maxFileBytes, context, (bytes) => uploadBytes(bytes, file, credentials, context))
  }

  async function uploadBytes (bytes: Buffer, file: MessageFile, credentials: PushbulletCredentials, context: RequestContext) {
    const wanted = { file_name: file.name, file_type: file.type }
    const granted =
      await api('POST', '/upload-request', wanted, ['file_name', 'file_type', 'file_url', 'upload_url'], credentials, context)
    const { headers, body } = await encodeMultipart({}, {
      field: 'file', name: granted.file_name, type: granted.file_type, bytes
    })
    // Sends no token: the URL itself grants access, and it may belong to a storage service.
    const isGuarded = !URL.canParse(granted.upload_url) || new URL(granted.upload_url).origin !== origin
    await sendRequest({ method: 'POST', url: granted.upload_url, isGuarded, headers, body, timeoutMs: fileTimeoutMs }, classifyTransfer, context)
    // Pushbullet may change name and type, and the push must have the same values as the upload.
    return { file_name: granted.file_name, file_type: granted.file_type, file_url: granted.file_url }
  }

  async function authorize ({ path }: ForwardedRequest, { accessToken }: PushbulletCredentials) {
    const url = joinBase(apiUrl, path)
    if (url === undefined) throw new ProviderError({ kind: 'rejected', reason: 'path leads elsewhere' }, host)
    return { url: url.href, headers: { 'access-token': accessToken } }
  }

  function api<Name extends string> (
    method: 'GET' | 'POST', path: string, content: object | undefined, members: readonly Name[],
    { accessToken }: PushbulletCredentials, context: RequestContext
  ): Promise<Fields<Name>> {
    const headers: Record<string, string> = { accept: 'application/json', 'access-token': accessToken }
    if (content !== undefined) headers['content-type'] = 'application/json'
    const body = content === undefined ? undefined : JSON.stringify(content)
    return sendRequest({ method, url: `${apiUrl}/v2${path}`, headers, body }, (response, now) => classify(response, now, members), context)
  }
}

/** Only unambiguous responses count: a 403 may concern the requested resource while the token is still valid. */
function classifyCredentials ({ status, body }: Pick<HttpResponse, 'status' | 'body'>): 'unauthorized' | null {
  const error = errorOf(parseJsonObject(body))
  const isRefused = error !== undefined && (status === 401 || (status >= 400 && status < 500 && error.code === 'invalid_access_token'))
  return isRefused ? 'unauthorized' : null
}

/** The error codes of the token endpoint are undocumented, and no token exists yet that an error could concern. */
function classifyRefusal (response: HttpResponse, now: number): Failure {
  const isEnvelope = isObject(parseJsonObject(response.body)?.error) && response.status >= 400 && response.status < 500
  if (!isEnvelope) return classifyTokenRefusal(response, now)
  return classifyStatus(response, now, { limitReason }) ?? { kind: 'rejected', reason: 'code or client is not accepted' }
}

/** `max_upload_size` of every account. */
const maxFileBytes = 26_214_400

/**
 * All members that Carillon sends. The type is closed because Pushbullet ignores unknown parameters: with a misspelled target,
 * a push to one device would go to all. A push without a target goes to all devices of the account, as intended.
 */
interface Push {
  type: 'note' | 'link' | 'file'
  /** With the same guid, Pushbullet returns the push that it created for the first request. */
  guid: string
  title?: string | undefined
  body?: string | undefined
  url?: string | undefined
  file_name?: string
  file_type?: string
  file_url?: string
}

const params = ['type', 'guid', 'title', 'body', 'url', 'file_name', 'file_type', 'file_url'] satisfies Array<keyof Push>

type Fields<Name extends string> = Record<string, unknown> & Record<Name, string>

const knownCodes = ['invalid_access_token', 'pushbullet_pro_required', 'ratelimited']

interface PushbulletError {
  code: unknown
  param?: string
}

/**
 * The parts of the error envelope that Carillon uses, never its text: `code` is compared, and `param` is one of ours. Undefined
 * without an envelope, because the response is then not from Pushbullet. A gateway's JSON has neither `type` nor a known code.
 */
function errorOf (json: Record<string, unknown> | undefined): PushbulletError | undefined {
  if (json?.error === undefined && json?.error_code === undefined) return undefined
  const error = isObject(json?.error) ? json.error : {}
  const code = error.code ?? json?.error_code
  const param = params.find((name) => name === error.param)
  if (!isText(error.type) && param === undefined && !knownCodes.some((known) => known === code)) return undefined
  return { code, ...param === undefined ? {} : { param } }
}

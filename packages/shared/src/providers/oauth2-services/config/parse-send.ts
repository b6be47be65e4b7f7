import { integer, oneOf } from '../../../env/index.ts'
import { compileBody } from '../send/body-template.ts'
import type { BodyTemplate } from '../send/body-template.ts'
import { ruleKinds } from '../send/classify.ts'
import type { ClassifyRule, ResponseRules } from '../send/classify.ts'
import { compileUrl } from '../send/url-template.ts'
import type { UrlTemplate } from '../send/url-template.ts'
import type { Members } from './members.ts'
import { headerName, headerValue, isSecure, jsonPointer, regularExpression, shortText, statusPattern } from './readers.ts'

/** How a message is sent. */
export interface SendConfig {
  method: 'POST' | 'PUT'
  url: UrlTemplate
  headers: Record<string, string>
  body: BodyTemplate
  rules: ResponseRules
  /** The header with the key that is the same for every attempt. The service then shows a repeated message once. */
  idempotencyHeader: string | undefined
  /** The body contains `key`, and the service shows a repeated message once. */
  isIdempotent: boolean
  maxTextLength: number | undefined
}

/** The values of templates. */
const templateNames = ['type', 'title', 'body', 'text', 'url', 'image', 'level', 'urgency', 'collapseKey', 'key', 'account']

/** Headers that Carillon sets itself, or that would change who receives the request. */
const ownHeaders = ['authorization', 'proxy-authorization', 'cookie', 'host', 'content-length', 'content-type', 'transfer-encoding', 'connection', 'user-agent']

export function parseSend (members: Members): SendConfig {
  const type = members.read('bodyType', oneOf('json', 'form', 'text'), 'json')
  const body = parseTemplate(members, 'body', (value) => compileBody(type, value), compileBody('json', {}))
  const success = members.has('success') ? members.child('success') : undefined
  const classify = members.children('classify').map(parseRule)
  const idempotencyHeader = members.read('idempotencyHeader', headerName, undefined)
  const headers = members.texts('headers', headerValue)
  for (const name of [...Object.keys(headers), ...idempotencyHeader === undefined ? [] : [idempotencyHeader]]) {
    if (ownHeaders.includes(name.toLowerCase())) members.fail(`headers.${name}`, 'is set by Carillon')
  }
  if (Object.values(headers).some((value) => /\{[{%]/.test(value))) members.fail('headers', 'contain no values of the message; put them into the body')
  const config: SendConfig = {
    method: members.read('method', oneOf('POST', 'PUT'), 'POST'),
    url: parseUrl(members),
    headers,
    body,
    rules: {
      rules: classify,
      errors: parseResponseErrors(members),
      ...success !== undefined && parseSuccess(success)
    },
    idempotencyHeader,
    isIdempotent: members.flag('idempotent') || idempotencyHeader !== undefined,
    maxTextLength: members.read('maxTextLength', integer(20, 1_000_000), undefined)
  }
  if (config.isIdempotent && idempotencyHeader === undefined && ![...config.url.names, ...body.names].includes('key')) {
    members.fail('idempotent', 'needs {{ key }} in the url or the body, or an idempotencyHeader')
  }
  members.end()
  return config
}

export function parseResponseErrors (members: Members): ResponseRules['errors'] {
  if (!members.has('errors')) return undefined
  const errors = members.child('errors')
  const parsed = { pointer: errors.require('pointer', jsonPointer, ''), matches: errors.read('matches', regularExpression, undefined) }
  errors.end()
  return parsed
}

function parseUrl (members: Members): UrlTemplate {
  const placeholder = compileUrl('https://service.invalid/')
  if (!members.has('url')) {
    members.fail('url', 'is missing; it takes a URL that starts with https://')
    return placeholder
  }
  return parseTemplate(members, 'url', (value) => {
    if (typeof value !== 'string') throw new Error('takes a URL')
    const url = compileUrl(value)
    if (!isSecure(url.origin)) throw new Error('takes a URL that starts with https://, or with http:// on this machine')
    return url
  }, placeholder)
}

/** A template uses only known values. A misspelled one would send an empty text. */
function parseTemplate<T extends { names: readonly string[] }> (
  members: Members, name: string, compile: (value: unknown) => T, placeholder: T
): T {
  try {
    const compiled = compile(members.json(name) ?? '')
    const unknown = compiled.names.find((each) => !templateNames.includes(each))
    if (unknown !== undefined) members.fail(name, `uses ${unknown}, which is not a value; there are ${templateNames.join(', ')}`)
    return compiled
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : '').split('\n')
    members.fail(name, line === '' ? 'is not a template' : line)
    return placeholder
  }
}

function parseSuccess (success: Members): Pick<ResponseRules, 'statuses' | 'pointer'> {
  const statuses = success.list('status', statusPattern)
  const pointer = success.read('pointer', jsonPointer, undefined)
  success.end()
  return { ...statuses.length > 0 && { statuses }, ...pointer !== undefined && { pointer } }
}

function parseRule (members: Members): ClassifyRule {
  const rule: ClassifyRule = {
    statuses: members.list('status', statusPattern),
    pointer: members.read('pointer', jsonPointer, undefined),
    matches: members.read('matches', regularExpression, undefined),
    kind: members.require('kind', oneOf(...ruleKinds), 'rejected'),
    reason: members.read('reason', shortText, undefined),
    until: members.has('until') ? parseUntil(members.child('until')) : undefined,
    scope: members.read('scope', oneOf('connection', 'host', 'app'), undefined)
  }
  if (rule.matches !== undefined && rule.pointer === undefined) members.fail('matches', 'needs a pointer')
  if (rule.statuses.length === 0 && rule.pointer === undefined) members.fail('status', 'is missing; a rule needs a status or a pointer')
  if (rule.kind !== 'rateLimited' && rule.until !== undefined) members.fail('until', 'belongs to the kind rateLimited')
  members.end()
  return rule
}

function parseUntil (until: Members): ClassifyRule['until'] {
  const parsed = {
    header: until.read('header', headerName, undefined),
    pointer: until.read('pointer', jsonPointer, undefined),
    format: until.read('format', oneOf('seconds', 'epochSeconds', 'date'), 'seconds')
  }
  if ((parsed.header === undefined) === (parsed.pointer === undefined)) until.fail('header', 'or pointer: give one of them')
  until.end()
  return parsed
}

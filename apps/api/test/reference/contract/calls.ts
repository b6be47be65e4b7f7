import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { brokenValuesOf, oddTexts, valuesOf } from './values.ts'
import type { Schema, Source } from './values.ts'

interface Parameter {
  in: 'path' | 'query' | 'header'
  name: string
  required?: boolean
  schema: Schema
}

interface Media {
  schema: Schema
  example?: unknown
}

export interface Operation {
  operationId: string
  method: string
  path: string
  parameters: Parameter[]
  body: Media | undefined
  responses: Record<string, { content?: Record<string, Media>, headers?: Record<string, unknown> }>
}

export interface GeneratedCall {
  operationId: string
  method: string
  /** Relative to the address of the API. */
  path: string
  headers: Record<string, string>
  body: string | undefined
}

interface Document {
  paths: Record<string, Record<string, {
    operationId: string
    parameters?: Parameter[]
    requestBody?: { content: Record<string, Media> }
    responses: Operation['responses']
  }>>
}

export function operationsOf ({ paths }: Document): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, call]) => ({
    operationId: call.operationId,
    method: method.toUpperCase(),
    path,
    parameters: call.parameters ?? [],
    body: call.requestBody?.content['application/json'],
    responses: call.responses
  })))
}

/** Requests for the operation. Half of them are valid as far as schemas say. */
export function callsOf (operation: Operation, source: Source, tokens: readonly string[]): Arbitrary<GeneratedCall> {
  const parts = {
    path: pathsOf(operation, source),
    query: queriesOf(operation, source),
    headers: headersOf(operation, tokens),
    body: bodiesOf(operation, source)
  }
  return fc.record(parts).map(({ path, query, headers, body }) => ({
    operationId: operation.operationId,
    method: operation.method,
    path: query === '' ? path : `${path}?${query}`,
    headers: { ...body === undefined ? {} : { 'content-type': 'application/json' }, ...headers },
    body
  }))
}

function pathsOf ({ path, parameters }: Operation, source: Source): Arbitrary<string> {
  // The only parameter that may contain a slash.
  const knownPaths = new Set(source.known['path'])
  const values = Object.fromEntries(parameters.filter((one) => one.in === 'path')
    .map(({ name, schema }) => [name, parametersOf(schema, source, kindOf(path, name))]))
  const toSegment = (text: string) => knownPaths.has(text) ? text : encode(text)
  return fc.record(values).map((given) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => toSegment(given[name] ?? '')))
}

function parametersOf (schema: Schema, source: Source, name: string): Arbitrary<string> {
  return fc.oneof({ arbitrary: valuesOf(schema, source, name).map(String), weight: 7 }, { arbitrary: oddTexts, weight: 1 })
}

/** `notifications.id` for the id in `/v1/notifications/{id}`. */
function kindOf (path: string, name: string): string {
  return name === 'id' ? `${/([\w-]+)\/\{id\}/.exec(path)?.[1]}.id` : name
}

function queriesOf ({ parameters }: Operation, source: Source): Arbitrary<string> {
  const queries = parameters.filter((one) => one.in === 'query')
  const values = Object.fromEntries(queries.map(({ name, schema }) => [name, parametersOf(schema, source, name)]))
  const requiredKeys = queries.filter(({ required }) => required).map(({ name }) => name)
  // One wrong field is enough for a refusal, so half of the queries have no optional ones.
  const least = Object.fromEntries(Object.entries(values).filter(([name]) => requiredKeys.includes(name)))
  const fields: Arbitrary<Record<string, string | undefined>> = fc.oneof(fc.record(least), fc.record(values, { requiredKeys }))
  return fc.tuple(fields, fc.integer({ min: 0, max: 30 })).map(([given, extra]) =>
    [...Object.entries(given), ...extra === 0 ? [['unexpected', '1']] : []].map(([name, value]) => `${name}=${encode(value ?? '')}`).join('&'))
}

function headersOf ({ method }: Operation, tokens: readonly string[]): Arbitrary<Record<string, string>> {
  const authorization = fc.oneof(
    { arbitrary: fc.constantFrom(...tokens).map((token) => `Bearer ${token}`), weight: 12 },
    { arbitrary: fc.constantFrom('Bearer', 'Bearer ck_wrong', 'Basic YTpi', 'Bearer a.b.c'), weight: 1 }
  )
  const key = method === 'POST' ? { 'idempotency-key': fc.oneof(fc.uuid(), fc.uuid(), fc.constantFrom('one', 'two', 'k'.repeat(256))) } : {}
  const rare = {
    accept: fc.constantFrom('text/event-stream', 'text/csv', 'image/png'),
    'content-type': fc.constantFrom('text/plain', 'application/json; charset=latin1')
  }
  const usual: Arbitrary<object> = fc.record({ authorization, ...key }, { requiredKeys: ['authorization'] })
  const unusual: Arbitrary<object> = fc.record({ authorization, ...key, ...rare }, { requiredKeys: [] })
  return fc.oneof({ arbitrary: usual, weight: 8 }, { arbitrary: unusual, weight: 1 })
    .map((headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])))
}

function bodiesOf ({ body }: Operation, source: Source): Arbitrary<string | undefined> {
  const noBody = { arbitrary: fc.constant(undefined), weight: 9 }
  if (body === undefined) return fc.oneof(noBody, { arbitrary: fc.constantFrom('{}', '[]', '{'), weight: 1 })
  const example = fc.constant(body.example)
  const valid = fc.oneof(example, valuesOf(body.schema, source)).map((value) => JSON.stringify(value))
  const broken = brokenValuesOf(fc.oneof(example, valuesOf(body.schema, source))).map((value) => JSON.stringify(value))
  const noJson = fc.constantFrom(undefined, '', '{', '[', '{"a":1,}', '\u0000', 'null')
  return fc.oneof({ arbitrary: valid, weight: 5 }, { arbitrary: broken, weight: 4 }, { arbitrary: noJson, weight: 1 })
}

/**
 * Encodes a text for a path or query. A Buffer replaces lone surrogates, which encodeURIComponent refuses. Clients remove a
 * segment of dots before they send the request.
 */
function encode (text: string): string {
  return /^\.+$/.test(text) ? '%2E-' : encodeURIComponent(Buffer.from(text).toString())
}

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { FastifyReply } from 'fastify'
import { parseObject } from '../http/parse-object.ts'
import type { Rewrite } from './faults.ts'

const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }

/** Changes the service's response. Only a JSON object has members that can be replaced. */
export function rewriteResponse (reply: FastifyReply, payload: unknown, rewrite: Rewrite): unknown {
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload
  if (rewrite.status !== undefined) reply.code(rewrite.status)
  if (rewrite.asForm === true) reply.header('content-type', 'application/x-www-form-urlencoded; charset=utf-8')
  if (rewrite.encoding !== undefined) reply.header('content-encoding', rewrite.encoding)
  reply.removeHeader('content-length')
  const text = `${rewrite.bom === true ? '\uFEFF' : ''}${rewriteText(payload.toString(), rewrite)}`
  return rewrite.encoding === undefined ? text : encoders[rewrite.encoding](text)
}

function rewriteText (text: string, { members = {}, without = [], asForm = false }: Rewrite): string {
  const json = parseObject(text)
  if (json === undefined) return text
  const changed = Object.entries({ ...json, ...members }).filter(([name]) => !without.includes(name))
  if (!asForm) return JSON.stringify(Object.fromEntries(changed))
  const texts = changed.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const)
  return new URLSearchParams(Object.fromEntries(texts)).toString()
}

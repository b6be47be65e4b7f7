import type { FastifySchema } from 'fastify'
import { problemHelp } from '../problems/problem-help.ts'
import { problemType } from '../problems/problem-handlers.ts'
import { problemResponse } from '../problems/problem-schema.ts'
import { problemTable } from '../problems/problem-table.ts'
import type { ProblemCode } from '../problems/problem-table.ts'

interface Response {
  description: string
  content: Record<string, object>
}

/**
 * Documents the problems of a route: a response for each status. A proxied response may have any status, so there the problems
 * stay in the ranges. `addExamples` replaces `x-problems`.
 */
export function documentProblems (schema: FastifySchema, codes: readonly ProblemCode[]): FastifySchema {
  const { '4XX': range, '5XX': serverRange, ...responses } = Object(schema.response)
  if (range === undefined) return schema
  if (range === problemResponse) return { ...schema, response: { ...byStatus(codes), ...responses } }
  const isOfClient = (code: ProblemCode): boolean => problemTable[code].status < 500
  const ranges = {
    '4XX': withProblems(range, codes.filter(isOfClient)), '5XX': withProblems(serverRange, codes.filter((code) => !isOfClient(code)))
  }
  return { ...schema, response: { ...responses, ...ranges } }
}

function byStatus (codes: readonly ProblemCode[]): Record<number, Response> {
  const statuses = [...new Set(codes.map((code) => problemTable[code].status))]
  return Object.fromEntries(statuses.map((status) => {
    const own = codes.filter((code) => problemTable[code].status === status)
    const description = own.map((code) => `\`${code}\`: ${problemTable[code].title}`).join('. ')
    return [status, { ...withProblems({ ...problemResponse, description }, own), ...headersOf(status) }]
  }))
}

function headersOf (status: number): { headers?: object } {
  return status !== 429 && status !== 503 ? {} : { headers: { 'Retry-After': { type: 'integer', description: 'Try again after this many seconds' } } }
}

function withProblems ({ description, content }: Response, codes: readonly ProblemCode[]): Response {
  return { description, content: { ...content, [problemType]: { ...content[problemType], 'x-problems': codes } } }
}

/** An example of each of these problems, for `components.examples`. */
export function problemExamples (codes: Iterable<ProblemCode>): Record<string, { summary: string, value: object }> {
  return Object.fromEntries([...codes].map((code) => {
    const { status, title } = problemTable[code]
    const value = {
      type: `https://notify.example.com/problems#${code}`,
      title,
      status,
      detail: problemHelp[code].cause.replaceAll('`', ''),
      instance: 'urn:uuid:01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d90',
      code,
      requestId: '01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d90',
      ...code === 'invalidInput' && { errors: [{ path: 'message.url', message: 'is required' }] }
    }
    return [code, { summary: title, value }]
  }))
}

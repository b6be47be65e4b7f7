import { accountExamples } from './examples/accounts.ts'
import { apiKeyExamples } from './examples/api-keys.ts'
import { auditExamples } from './examples/audit.ts'
import { endpointExamples } from './examples/endpoints.ts'
import { eventExamples } from './examples/events.ts'
import { notificationExamples } from './examples/notifications.ts'
import type { ProblemCode } from '../problems/problem-table.ts'
import { problemExamples } from './problem-responses.ts'

const examples: Record<string, object> = {
  ...accountExamples, ...apiKeyExamples, ...auditExamples, ...endpointExamples, ...eventExamples, ...notificationExamples
}

/** Examples of contents that are not JSON, by their type. */
const textExamples: Record<string, string> = {
  'text/csv': 'account,accountName,currency,day,impressions,clicks,spend\r\nact_123,Shoes,EUR,2026-11-29,1204,37,12.50\r\n',
  'text/event-stream': 'event: progress\nid: 7\ndata: {"status":"sending","deliveries":1,"counts":{"sent":0},"progress":[]}\n\n'
}

interface Media {
  schema?: { $ref?: string }
  'x-problems'?: ProblemCode[]
}

const reference = '#/components/schemas/'

/** Adds an example to every body and response whose schema has a name, and to every problem. */
export function addExamples<Document extends { components?: object, paths?: unknown }> (document: Document): Document {
  const { components = {}, paths } = document
  const used = new Set<ProblemCode>()
  return { ...document, paths: visit(paths), components: { ...components, examples: problemExamples(used) } }

  function visit (node: unknown): unknown {
    if (Array.isArray(node)) return node.map(visit)
    if (typeof node !== 'object' || node === null) return node
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, name === 'content' ? withExamples(value) : visit(value)]))
  }

  function withExamples (content: Record<string, Media>): object {
    return Object.fromEntries(Object.entries(content).map(([type, { 'x-problems': problems, ...media }]) => {
      if (problems === undefined) return [type, { ...media, ...exampleOf(type, media) }]
      for (const code of problems) used.add(code)
      return [type, { ...media, examples: Object.fromEntries(problems.map((code) => [code, { $ref: `#/components/examples/${code}` }])) }]
    }))
  }
}

function exampleOf (type: string, { schema }: Media): { example?: unknown } {
  const example = textExamples[type] ?? exampleNamed(schema?.$ref?.slice(reference.length) ?? '')
  return example === undefined ? {} : { example }
}

/** A list has an example when its items have one. */
function exampleNamed (name: string): object | undefined {
  const item = name.endsWith('List') ? examples[name.slice(0, -'List'.length)] : undefined
  return examples[name] ?? (item && { data: [item], nextCursor: null })
}

import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import t from 'tap'
import { problemTable } from '../../src/problems/problem-table.ts'
import { at } from '../open-api.ts'

interface Media {
  schema: object
  example?: unknown
  examples?: Record<string, { $ref: string }>
}

interface Call {
  operationId: string
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { content?: Record<string, Media> }>
}

const document = JSON.parse(await readFile(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8'))
const calls = Object.values<Record<string, Call>>(document.paths).flatMap((methods) => Object.values(methods))
const contents = calls.flatMap(({ operationId, requestBody, responses }) => [
  ...Object.entries(requestBody?.content ?? {}).map(([type, media]) => ({ where: `the body of ${operationId}`, type, media })),
  ...Object.entries(responses).flatMap(([status, { content = {} }]) =>
    Object.entries(content).map(([type, media]) => ({ where: `${status} of ${operationId}`, type, media })))
])

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addSchema({ $id: 'contract', components: document.components })

t.test('has an example for every body and response, which its schema accepts', async (t) => {
  for (const { where, type, media: { schema, example } } of contents) {
    // The response of a provider, which may be anything.
    if (type === '*/*' || type === 'application/problem+json') continue
    t.not(example, undefined, `${where} has an example (src/reference/examples)`)
    const { $ref }: { $ref?: string } = schema
    const validate = ajv.compile($ref === undefined ? schema : { $ref: `contract${$ref}` })
    t.ok(validate(example), `${where}: ${ajv.errorsText(validate.errors)}`)
  }
})

t.test('has valid examples of problems', async (t) => {
  const validate = ajv.compile({ $ref: 'contract#/components/schemas/Problem' })
  for (const [code, example] of Object.entries(document.components.examples)) {
    t.ok(validate(at(example, 'value')), `${code}: ${ajv.errorsText(validate.errors)}`)
  }
})

t.test('gives the examples of a problem the status of their response', async (t) => {
  const problems = contents.filter(({ type, where }) => type === 'application/problem+json' && /^\d{3} /.test(where))
  t.not(problems.length, 0)
  for (const { where, media } of problems) {
    const codes = Object.keys(media.examples ?? {})
    t.not(codes.length, 0, where)
    for (const code of codes) {
      t.match(problemTable, { [code]: { status: Number(where.slice(0, 3)) } }, `${where}: ${code}`)
    }
  }
})

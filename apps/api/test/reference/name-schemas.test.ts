import { readFile } from 'node:fs/promises'
import t from 'tap'
import { nameSchemas } from '../../src/reference/name-schemas.ts'
import { at } from '../open-api.ts'

const item = { type: 'object', title: 'Item', properties: { title: { type: 'string' } } }

t.test('moves schemas with a title to the components, and keeps existing ones', async (t) => {
  const list = { type: 'object', title: 'List', properties: { data: { type: 'array', items: item } } }
  const named = nameSchemas({ info: { title: 'API' }, paths: { '/a': { schema: list }, '/b': { schema: item } }, components: { other: 1 } })
  t.same(named, {
    info: { title: 'API' },
    paths: { '/a': { schema: { $ref: '#/components/schemas/List' } }, '/b': { schema: { $ref: '#/components/schemas/Item' } } },
    components: {
      other: 1,
      schemas: {
        Item: item,
        List: { ...list, properties: { data: { type: 'array', items: { $ref: '#/components/schemas/Item' } } } }
      }
    }
  })
})

t.test('refuses two different schemas with the same name', async (t) => {
  t.throws(() => nameSchemas({ paths: [item, { ...item, properties: {} }] }), /Two schemas are named Item/)
})

t.test('names the schema of every object, but not of its alternatives', async (t) => {
  const { paths, components } = JSON.parse(await readFile(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8'))
  const inline: string[] = []
  visit(paths, '')
  for (const [name, schema] of Object.entries(components.schemas)) visit(Object(schema).properties, name)
  const free = ['AuditEntry.details', 'AuditRecord.details', 'NotificationRequest.data', 'RenderedMessage.style']
  t.same(inline.sort(), free, 'only objects with free fields have no name')

  function visit (node: unknown, path: string): void {
    if (typeof node !== 'object' || node === null) return
    if (at(node, 'type') === 'object') inline.push(path)
    else for (const [name, value] of Object.entries(node)) visit(value, path === '' ? name : `${path}.${name}`)
  }
})

t.test('shows an object with one of its fields as a union', async (t) => {
  const either = { type: 'object', title: 'Either', minProperties: 1, maxProperties: 1, properties: { a: { title: 'The first', type: 'string' }, b: item } }
  t.match(nameSchemas({ paths: either }), {
    components: {
      schemas: {
        Either: {
          type: undefined,
          oneOf: [
            { title: 'The first', required: ['a'], properties: { a: { type: 'string' } }, additionalProperties: false },
            { title: 'b', required: ['b'], properties: { b: { $ref: '#/components/schemas/Item' } } }
          ]
        }
      }
    }
  })
})

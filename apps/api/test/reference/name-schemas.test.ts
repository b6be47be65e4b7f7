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

t.test('names the schemas of all resources', async (t) => {
  const document: unknown = JSON.parse(await readFile(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8'))
  t.same(Object.keys(Object(at(document, 'components.schemas'))).sort(), [
    'Connection', 'ConnectionDetails', 'Connector', 'Delivery', 'DeliveryDetails', 'Handshake', 'ImportResult', 'Notification', 'Problem',
    'ProviderStatus', 'Team', 'TestResult', 'UserToken'
  ])
})

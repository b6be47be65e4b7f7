import fastify from 'fastify'
import t from 'tap'
import { buildSerializers } from '../src/build-serializers.ts'

t.test('serializes by the schema of the response, compiled when it is first sent', async (t) => {
  const app = fastify({ schemaController: { compilersFactory: { buildSerializer: buildSerializers } } })
  const response = { 200: { type: 'object', properties: { known: { type: 'string' } } } }
  app.get('/', { schema: { response } }, async () => ({ known: 'yes', unknown: 'no' }))
  // A schema that cannot be compiled only affects its own route.
  app.get('/wrong', { schema: { response: { 200: { type: 'object', properties: { some: { $ref: '#/missing' } } } } } }, async () => ({ some: 1 }))
  t.teardown(() => app.close())
  await app.ready()
  t.equal((await app.inject('/')).body, '{"known":"yes"}')
  t.equal((await app.inject('/')).body, '{"known":"yes"}')
  t.equal((await app.inject('/wrong')).statusCode, 500)
})

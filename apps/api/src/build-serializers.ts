import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { SerializerFactory, Serializer } from '@fastify/fast-json-stringify-compiler'

const build = SerializerSelector()

/** Fastify's serializers. Each is compiled for its first response: compiling all of them takes a third of the API's start. */
export const buildSerializers: SerializerFactory = (schemas, options) => {
  const compile = build(schemas, options)
  return (route) => {
    let serialize: Serializer | undefined
    return (value) => {
      serialize ??= compile(route)
      return serialize(value)
    }
  }
}

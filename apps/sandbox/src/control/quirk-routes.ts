import type { FastifyInstance } from 'fastify'
import { simulatorOf } from './control-context.ts'
import type { ControlContext } from './control-context.ts'
import { ControlError } from './control-error.ts'

const quirkSwitch = {
  type: 'object',
  properties: { provider: { type: 'string' }, quirk: { type: 'string' }, on: { type: 'boolean' } },
  required: ['provider', 'quirk', 'on'],
  additionalProperties: false
}

/** Lists and switches the quirks of the services. Returns a function that restores them. */
export function quirkRoutes (app: FastifyInstance, { simulators }: ControlContext): { reset: () => void } {
  const initial = simulators.map(({ quirks }) => ({ ...quirks }))

  app.get('/quirks', async () => ({
    data: simulators.flatMap(({ id, quirks = {} }) => Object.entries(quirks).map(([quirk, on]) => ({ provider: id, quirk, on })))
  }))

  app.post<{ Body: { provider: string, quirk: string, on: boolean } }>('/quirks', { schema: { body: quirkSwitch } }, async (request) => {
    const { provider, quirk, on } = request.body
    const { quirks = {} } = simulatorOf(simulators, provider)
    if (!Object.hasOwn(quirks, quirk)) {
      throw new ControlError(`quirk: got "${quirk}", expected one of ${Object.keys(quirks).join(', ') || 'none'}`)
    }
    quirks[quirk] = on
    return { provider, quirk, on }
  })

  return { reset: () => { simulators.forEach(({ quirks }, index) => { Object.assign(quirks ?? {}, initial[index]) }) } }
}

import type { FastifyError, FastifyPluginAsync } from 'fastify'
import { acceptJson } from '../kit/http/accept-json.ts'
import { listEnvironments } from '../kit/list-environments.ts'
import { accountRoutes } from './account-routes.ts'
import { clockRoutes } from './clock-routes.ts'
import type { ControlContext } from './control-context.ts'
import { faultRoutes } from './fault-routes.ts'
import { inboxRoutes } from './inbox-routes.ts'
import { quirkRoutes } from './quirk-routes.ts'

/** The calls with which tests, demos and benchmarks control the sandbox. */
export function controlRoutes (context: ControlContext): FastifyPluginAsync {
  const { accounts, clock, faults, hostOf, inbox, simulators, stats } = context
  return async (app) => {
    // `curl -d` sends JSON with the content type of a form.
    acceptJson(app, ['application/json', 'application/x-www-form-urlencoded'])
    app.setErrorHandler(async (error: FastifyError, _request, reply) => {
      const status = error.statusCode ?? 500
      return reply.code(status).send({ error: status < 500 ? error.message : `the sandbox failed: ${error.message}` })
    })
    app.setNotFoundHandler(async (request, reply) => {
      return reply.code(404).send({ error: `there is no control call ${request.method} ${request.url}` })
    })

    inboxRoutes(app, context)
    accountRoutes(app, context)
    faultRoutes(app, context)
    clockRoutes(app, context)
    for (const { id, controls: own } of simulators) {
      if (own !== undefined) app.register(async (scope) => { own(scope) }, { prefix: `/${id}` })
    }
    const quirks = quirkRoutes(app, context)

    app.get('/stats', async () => ({
      data: stats.list(),
      userAgents: stats.userAgents(),
      accounts: accounts.count(),
      items: inbox.size(),
      ...Object.assign({}, ...simulators.map((simulator) => simulator.stats?.()))
    }))

    // Other processes read here how to reach the simulators.
    app.get('/environment', async ({ protocol, host }) => ({
      data: listEnvironments(simulators, `${protocol}://${host}`, (id) => `http://${hostOf(id)}`)
    }))

    app.post('/reset', async () => {
      clock.reset()
      accounts.reset()
      faults.clear()
      stats.reset()
      for (const simulator of simulators) simulator.reset()
      quirks.reset()
      // Last, since its watchers then count what is left.
      inbox.reset()
      return { reset: true }
    })
  }
}

import type { FastifyError, FastifyPluginAsync } from 'fastify'
import { acceptJson } from '../kit/http/accept-json.ts'
import { accountRoutes } from './account-routes.ts'
import { clockRoutes } from './clock-routes.ts'
import { listEnvironments } from '../kit/list-environments.ts'
import { faultRoutes } from './fault-routes.ts'
import { inboxRoutes } from './inbox-routes.ts'
import { quirkRoutes } from './quirk-routes.ts'
import type { Controls } from './control-context.ts'

/** What tests, demos and benchmarks steer the sandbox by. */
export function controlRoutes (controls: Controls): FastifyPluginAsync {
  const { accounts, clock, faults, hostOf, inbox, simulators, stats, tally } = controls
  return async (app) => {
    // Whoever types `curl -d` means JSON and says nothing of it.
    acceptJson(app, ['application/json', 'application/x-www-form-urlencoded'])
    app.setErrorHandler(async (error: FastifyError, _request, reply) => {
      const status = error.statusCode ?? 500
      return reply.code(status).send({ error: status < 500 ? error.message : `the sandbox failed: ${error.message}` })
    })
    app.setNotFoundHandler(async (request, reply) => {
      return reply.code(404).send({ error: `there is no control ${request.method} ${request.url}` })
    })

    inboxRoutes(app, controls)
    accountRoutes(app, controls)
    faultRoutes(app, controls)
    clockRoutes(app, controls)
    for (const { id, controls: own } of simulators) {
      if (own !== undefined) app.register(async (scope) => { own(scope) }, { prefix: `/${id}` })
    }
    quirkRoutes(app, controls)

    app.get('/stats', async () => ({
      data: stats.list(), accounts: accounts.count(), items: inbox.size(), ...tally && { guids: tally.counts() }
    }))

    // Programs that run beside the sandbox as processes of their own read here how to reach it.
    app.get('/environment', async ({ protocol, host }) => ({
      data: listEnvironments(simulators, `${protocol}://${host}`, (id) => `http://${hostOf(id)}`)
    }))

    app.post('/reset', async () => {
      clock.reset()
      accounts.reset()
      faults.clear()
      stats.reset()
      for (const simulator of simulators) simulator.reset()
      tally?.reset()
      // Last, since it tells those who watch, who then count what is left.
      inbox.reset()
      return { reset: true }
    })
  }
}

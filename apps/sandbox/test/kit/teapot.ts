import { createOAuth2Simulator } from '../../src/kit/oauth/oauth2-simulator.ts'
import type { SandboxServices, Simulator } from '../../src/kit/simulator.ts'

/** A made-up service: it brews what a client orders for the account of its token. */
export function createTeapot (services: SandboxServices): Simulator {
  return createOAuth2Simulator(services, {
    id: 'teapot',
    name: 'Teapot',
    accent: '#7a4b12',
    accentOnDark: '#e0b070',
    client: { id: 'carillon', secret: 'sandbox-secret', name: 'Carillon', redirectPath: '/connect/teapot/callback' },
    environment: (url) => ({ TEAPOT_URL: url, TEAPOT_CLIENT_ID: 'carillon', TEAPOT_CLIENT_SECRET: 'sandbox-secret' }),
    revokePath: '/revoke',
    accessSeconds: 3600,
    refreshSeconds: 86_400,

    api (app, { authenticate, deliver }) {
      app.post<{ Body: { tea?: string } | undefined }>('/brews', async (request, reply) => {
        const account = authenticate(request)
        const tea = request.body?.tea
        if (tea === undefined) return reply.code(418).send({ error: 'tea is missing' })
        deliver(request, account, { tea })
        return reply.code(201).send({ tea })
      })
    },

    toCard: (item) => ({ kind: 'brew', title: (item as { tea: string }).tea })
  })
}

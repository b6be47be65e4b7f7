import { createOAuth2Simulator } from '@carillon/sandbox/kit'
import type { CreateSimulator } from '@carillon/sandbox/kit'

const client = { id: 'carillon', secret: 'sandbox-secret', name: 'Carillon', redirectPath: '/connect/parrot/callback' }

export const createSimulator: CreateSimulator = (services) => {
  const keys = new Set<string>()
  return createOAuth2Simulator(services, {
    id: 'parrot',
    name: 'Parrot Post',
    accent: '#2e7d32',
    accentOnDark: '#81c784',
    client,
    environment: (url) => ({ PARROT_CLIENT_ID: client.id, PARROT_CLIENT_SECRET: client.secret, PARROT_URL: url }),
    revokePath: '/revoke',
    accessSeconds: 3_600,
    refreshSeconds: 86_400,
    api (app, { authenticate, deliver }) {
      app.get('/me', async (request) => ({ id: authenticate(request) }))
      // A second message with the same key is the first one.
      app.post<{ Body: { key: string } }>('/messages', async (request) => {
        const account = authenticate(request)
        const { key } = request.body
        if (!keys.has(key)) deliver(request, account, request.body)
        keys.add(key)
        return { id: key }
      })
    },
    toCard: (item) => ({ kind: 'message', ...Object(item) })
  })
}

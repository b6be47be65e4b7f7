import { createOAuth2Server, recordRequest } from '@carillon/sandbox/kit'
import type { CreateSimulator } from '@carillon/sandbox/kit'

const style = { name: 'Parrot Post', accent: '#2e7d32', accentOnDark: '#81c784' }
const client = { id: 'carillon', secret: 'sandbox-secret' }

export const createSimulator: CreateSimulator = ({ clock, inbox, accounts }) => {
  const server = createOAuth2Server({ provider: 'parrot', accounts, clock, style, client, accessSeconds: 3_600, refreshSeconds: 86_400 })
  const keys = new Set<string>()

  return {
    ...server,
    id: 'parrot',
    name: style.name,
    environment: (url) => ({ PARROT_CLIENT_ID: client.id, PARROT_CLIENT_SECRET: client.secret, PARROT_URL: url }),
    async mount (app) {
      app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
        return reply.code(error.statusCode ?? 500).send({ error: error.message })
      })
      await server.mount(app)
      app.get('/me', async (request) => ({ id: server.authenticate(request) }))
      // A second message with the same key is the first one.
      app.post<{ Body: { key: string } }>('/messages', async (request) => {
        const account = server.authenticate(request)
        const { key } = request.body
        if (!keys.has(key)) inbox.add('parrot', account, recordRequest(request), request.body)
        keys.add(key)
        return { id: key }
      })
    },
    consentPath: () => `/parrot/authorize?client_id=${client.id}`,
    toCard: (item) => ({ kind: 'message', ...Object(item) }),
    faultResponse: () => ({ headers: {}, body: { error: 'broken' } })
  }
}

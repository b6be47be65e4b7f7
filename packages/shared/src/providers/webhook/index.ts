import { defineProvider } from '../define-provider.ts'
import { variables } from './variables.ts'
import { createWebhook } from './webhook.ts'

export const webhook = defineProvider({
  id: 'webhook',
  name: 'Webhook',
  holder: 'user',
  accounts: 'many',
  env: variables,
  hasUserHosts: true,
  terminal: {
    help: ['asks for a URL that receives signed POST requests, and prints the secret that signs them'],
    examples: ['', '--json'],
    defaults: { ENABLED: 'true' }
  },
  create: ({ HTTP_HOSTS: insecureHosts }) => createWebhook({ insecureHosts })
})

import { defineProvider } from '../define-provider.ts'
import { createPushbullet } from './pushbullet.ts'
import { variables } from './variables.ts'

export const pushbullet = defineProvider({
  id: 'pushbullet',
  name: 'Pushbullet',
  holder: 'user',
  accounts: 'one',
  env: variables,
  terminal: {
    help: [
      'shows a page; allow access, and the browser comes back to 127.0.0.1. It needs PUSHBULLET_CLIENT_ID and',
      'PUSHBULLET_CLIENT_SECRET, or an access token with --token-stdin'
    ],
    usesPort: true,
    examples: ['--token-stdin --json < token']
  },
  create: ({ CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, AUTHORIZE_URL: authorizeUrl, API_URL: apiUrl }) =>
    createPushbullet({ clientId, clientSecret, authorizeUrl, apiUrl })
})

import { defineProvider } from '../define-provider.ts'
import { createNtfy } from './ntfy.ts'
import { variables } from './variables.ts'

export const ntfy = defineProvider({
  id: 'ntfy',
  name: 'ntfy',
  holder: 'user',
  accounts: 'many',
  env: variables,
  hasUserHosts: true,
  terminal: {
    help: ['asks for the address of a topic, such as https://ntfy.sh/alerts, with an access token after a space'],
    examples: ['', '--json'],
    defaults: { URL: 'https://ntfy.sh' }
  },
  create: ({ URL: url, HTTP_HOSTS: insecureHosts }) => createNtfy({ url, insecureHosts })
})

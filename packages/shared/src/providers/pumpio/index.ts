import { defineProvider } from '../define-provider.ts'
import { createPumpio } from './pumpio.ts'
import { variables } from './variables.ts'

export const pumpio = defineProvider({
  id: 'pumpio',
  name: 'pump.io',
  holder: 'user',
  env: variables,
  terminal: {
    help: ['shows a page; allow access there, and type the verifier that it shows'],
    defaults: { CLIENT_NAME: 'Carillon' }
  },
  create: ({ CLIENT_NAME: name, CONTACTS: contacts, HTTP_HOSTS: insecureHosts, AUDIENCE: audience }) =>
    createPumpio({ application: { name, contacts }, insecureHosts, audience })
})

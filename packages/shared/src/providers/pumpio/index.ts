import { createPumpio } from '@carillon/clients/pumpio'
import { defineProvider } from '../define-provider.ts'
import { omittedFields } from '../rendered.ts'
import { variables } from './variables.ts'

export const pumpio = defineProvider({
  id: 'pumpio',
  name: 'pump.io',
  holder: 'user',
  accounts: 'one',
  env: variables,
  hasUserHosts: true,
  terminal: {
    help: ['shows a page; allow access there, and type the verifier that it shows'],
    account: 'nick@host; the command asks for it if it is missing',
    examples: ['alice@pump.example', 'alice@pump.example --again'],
    defaults: { CLIENT_NAME: 'Carillon' }
  },
  create ({ CLIENT_NAME: name, CONTACTS: contacts, HTTP_HOSTS: insecureHosts, AUDIENCE: audience }) {
    const client = createPumpio({ application: { name, contacts }, insecureHosts, audience })
    return {
      ...client,
      // pump.io states no limit for its texts.
      render: (message) => ({
        ...client.render(message), shortened: [], omitted: omittedFields(message, ['title', 'body', 'url', 'file', 'actions'])
      })
    }
  }
})

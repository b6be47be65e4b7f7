import { defineProvider } from '../define-provider.ts'
import { createFacebook } from './facebook.ts'
import { variables } from './variables.ts'

export const facebook = defineProvider({
  id: 'facebook',
  name: 'Facebook',
  holder: 'team',
  accounts: 'one',
  env: variables,
  noTerminal: 'the owner of a team connects it for all members',
  create: (values) => createFacebook({
    clientId: values.CLIENT_ID,
    clientSecret: values.CLIENT_SECRET,
    wwwUrl: values.WWW_URL,
    graphUrl: values.GRAPH_URL,
    version: values.VERSION,
    scope: values.SCOPE
  })
})

import { defineProvider } from '../define-provider.ts'
import { createSlack } from './slack.ts'
import { variables } from './variables.ts'

export const slack = defineProvider({
  id: 'slack',
  name: 'Slack',
  holder: 'user',
  accounts: 'many',
  env: variables,
  noTerminal: 'Slack sends the browser only to the https URL of a deployment',
  create: (values) => createSlack({
    clientId: values.CLIENT_ID,
    clientSecret: values.CLIENT_SECRET,
    signingSecret: values.SIGNING_SECRET,
    scope: values.SCOPE,
    url: values.URL,
    hooksUrl: values.HOOKS_URL
  })
})

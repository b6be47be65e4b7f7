import { defineProvider } from '../define-provider.ts'
import { createDiscord } from './discord.ts'
import { variables } from './variables.ts'

export const discord = defineProvider({
  id: 'discord',
  name: 'Discord',
  holder: 'user',
  accounts: 'many',
  env: variables,
  terminal: {
    help: ['asks for the URL of a webhook, from the settings of a channel under Integrations'],
    examples: ['', '--json'],
    defaults: { URL: 'https://discord.com' }
  },
  create: (values) => createDiscord({
    url: values.URL,
    clientId: values.CLIENT_ID,
    clientSecret: values.CLIENT_SECRET,
    publicKey: values.PUBLIC_KEY,
    botToken: values.BOT_TOKEN,
    scope: values.SCOPE
  })
})

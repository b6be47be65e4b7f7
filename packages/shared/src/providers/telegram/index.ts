import { defineProvider } from '../define-provider.ts'
import { createTelegram } from './telegram.ts'
import { variables } from './variables.ts'

export const telegram = defineProvider({
  id: 'telegram',
  name: 'Telegram',
  holder: 'user',
  accounts: 'many',
  env: variables,
  // Telegram allows a bot about 30 messages a second.
  maxPerSecond: 25,
  noTerminal: 'only the bot of the deployment can write to a chat',
  create: ({ BOT_TOKEN: botToken, WEBHOOK_URL: webhookUrl, API_URL: apiUrl, LINK_URL: linkUrl }) =>
    createTelegram({ botToken, webhookUrl, apiUrl, linkUrl })
})

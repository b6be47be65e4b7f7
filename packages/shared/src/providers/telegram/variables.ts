import { secretText, url } from '../../env/index.ts'
import type { VariableTable } from '../../env/index.ts'

export const variables = {
  BOT_TOKEN: { ...secretText, required: true, about: 'Token of the bot, from BotFather. Without it, Telegram is not offered.' },
  WEBHOOK_URL: {
    ...url('http', 'https'),
    about: 'Public address of /inbound/telegram, to which Telegram sends updates. When absent, a worker asks for them.'
  },
  API_URL: { ...url('http', 'https'), initial: 'https://api.telegram.org', about: 'Base of the Bot API, without /bot.' },
  LINK_URL: { ...url('http', 'https'), initial: 'https://t.me', about: 'Base of the links that open a chat with the bot.' }
} satisfies VariableTable

import { hosts, oneOf, secretText, text, url } from '../../env/index.ts'
import type { VariableTable } from '../../env/index.ts'

export const variables = {
  CLIENT_NAME: { ...text, required: true, about: 'Name under which Mastodon servers register us. Without it, Mastodon is not offered.' },
  HTTP_HOSTS: { ...hosts, initial: '', about: 'Mastodon servers that are called over plain http, for development.' },
  SENDS: { ...oneOf('post', 'mention'), initial: 'post', about: 'What a notification is: a post in the user\'s name, or a post of the bot that mentions the user.' },
  VISIBILITY: { ...oneOf('public', 'unlisted', 'private', 'direct'), initial: 'direct', about: 'Who sees a post in the user\'s name. "direct" is the user alone.' },
  BOT_URL: { ...url('http', 'https'), about: 'Server of the bot account that mentions users.' },
  BOT_TOKEN: { ...secretText, about: 'Access token of the bot account, with the scope write:statuses.' }
} satisfies VariableTable

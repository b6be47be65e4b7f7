import { list, secretText, text, url } from '../../env/index.ts'
import type { Reader, VariableTable } from '../../env/index.ts'

const scopes: Reader<string[]> = list('names such as chat:write', (item) => /^[a-z][a-z0-9_.:-]*$/.test(item))

export const variables = {
  CLIENT_ID: { ...text, required: true, about: 'Id of the app at Slack. Without it, Slack is not offered.' },
  CLIENT_SECRET: { ...secretText, required: true, about: 'Secret of SLACK_CLIENT_ID.' },
  SIGNING_SECRET: { ...secretText, about: 'Secret with which Slack signs its events. Without it, events are refused.' },
  SCOPE: {
    ...scopes,
    initial: 'chat:write,im:write',
    about: 'Permissions of the app. With incoming-webhook, users choose a channel; otherwise the app sends them direct messages.'
  },
  URL: { ...url('http', 'https'), initial: 'https://slack.com', about: 'Base of Slack, without /api.' },
  HOOKS_URL: { ...url('http', 'https'), initial: 'https://hooks.slack.com', about: 'Origin of the incoming webhooks.' }
} satisfies VariableTable

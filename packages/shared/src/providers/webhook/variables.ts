import { hosts, oneOf } from '../../env/index.ts'
import type { VariableTable } from '../../env/index.ts'

export const variables = {
  ENABLED: {
    ...oneOf('true'),
    required: true,
    about: 'Set to true to let users connect URLs of their own programs. Requests to private addresses are refused. Without it, webhooks are not offered.'
  },
  HTTP_HOSTS: { ...hosts, initial: '', about: 'Hosts of webhooks that are called over plain http and may be private, for development.' }
} satisfies VariableTable

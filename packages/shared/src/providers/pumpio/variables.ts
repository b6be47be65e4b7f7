import { emails, hosts, oneOf, text } from '../../env/index.ts'
import type { VariableTable } from '../../env/index.ts'

export const variables = {
  CLIENT_NAME: { ...text, required: true, about: 'Name under which pump.io hosts register us. Without it, pump.io is not offered.' },
  CONTACTS: { ...emails, initial: '', about: 'E-mail addresses that pump.io hosts are given to reach you.' },
  HTTP_HOSTS: { ...hosts, initial: '', about: 'pump.io hosts that are called over plain http, for development.' },
  AUDIENCE: { ...oneOf('followers', 'public'), initial: 'followers', about: 'Who sees what is posted in a user\'s name.' }
} satisfies VariableTable

import { truncate } from '../../text/index.ts'
import { defineProvider } from '../define-provider.ts'
import { createBlotre } from './blotre.ts'
import { variables } from './variables.ts'

export const blotre = defineProvider({
  id: 'blotre',
  name: 'Blot\'re',
  holder: 'user',
  accounts: 'one',
  env: variables,
  terminal: { help: ['shows a code and a page to enter it on'], examples: ['', '--remove'] },
  create: (values, { name }) =>
    createBlotre({
      clientId: values.CLIENT_ID,
      clientSecret: values.CLIENT_SECRET,
      url: values.URL,
      stream: values.STREAM,
      tags: values.TAGS,
      colors: values.COLORS,
      // Blot're requires names of 3 to 254 characters.
      introduction: { name: truncate(name.padEnd(3), 254), blurb: `Shows on your stream what ${name} has to tell you.` }
    })
})

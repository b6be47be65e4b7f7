import { list, secretText, text, url } from '../../env/index.ts'
import type { Reader, VariableTable } from '../../env/index.ts'
import { isTag, levels } from './stream-style.ts'
import type { Level } from './stream-style.ts'

const tags: Reader<string[]> = list('tags of 1 to 32 letters, digits, _, - or $, which are not six hexadecimal digits', isTag)

const levelColors = list('level=rrggbb pairs such as error=b91c1c, the levels being info, success, warning and error', (item) =>
  levels.some((level) => item.startsWith(`${level}=`)) && /=[0-9a-f]{6}$/i.test(item) && item.split('=').length === 2)

/** `#rrggbb` for each named level. The values have no `#`, which would start a comment in an env file. */
const colors: Reader<Partial<Record<Level, string>>> = {
  ...levelColors,
  read: (value) => Object.fromEntries(levelColors.read(value).map((item) => {
    const [name = '', digits = ''] = item.split('=')
    return [levels.find((level) => level === name) ?? 'info', `#${digits.toLowerCase()}`]
  }))
}

export const variables = {
  CLIENT_ID: { ...text, required: true, about: 'OAuth client at Blot\'re. Without it, Blot\'re is not offered.' },
  CLIENT_SECRET: { ...secretText, required: true, about: 'Secret of BLOTRE_CLIENT_ID.' },
  URL: { ...url('http', 'https'), initial: 'https://blot.re', about: 'Base of the site, without /v0.' },
  STREAM: { ...text, about: 'Child stream that shows notifications, created when missing. The user\'s root stream when absent.' },
  TAGS: { ...tags, initial: '', about: 'Tags of every notification, after its level. A stream shows six in all.' },
  COLORS: { ...colors, initial: '', about: 'Colors of the levels, in place of our own.' }
} satisfies VariableTable

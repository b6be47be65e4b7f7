import { readFile } from 'node:fs/promises'
import { openSandbox } from '@carillon/sandbox'
import { loadConfig } from '@carillon/shared/config'
import { createProviders, definitions } from '@carillon/shared/providers'
import type { Provider } from '@carillon/shared/providers'
import t from 'tap'
import { kindsOf } from '../src/handshakes/kinds.ts'

const root = new URL('../../../', import.meta.url)
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')
const sandbox = await openSandbox()
t.teardown(() => sandbox.close())
const providers = [...createProviders(loadConfig(sandbox.environment())).values()]

const head = [
  '| provider | accounts belong to | kinds of handshake | sends | refreshes | revokes | shows a repeated message once |',
  '|---|---|---|---|---|---|---|'
]

t.test('the table of providers matches their definitions', async (t) => {
  const table = [...head, ...providers.map(toRow)].join('\n')
  t.match(await read('docs/providers.md'), table, `docs/providers.md contains this table:\n${table}`)
})

t.test('the documentation describes every provider, with its simulator', async (t) => {
  for (const page of ['docs/providers.md', 'docs/sandbox.md']) {
    const text = await read(page)
    for (const { id, name } of providers) {
      t.match(text, `\n## ${name}\n`, `${page} has a section about ${name}`)
      t.match(text, `[${name}](#${id})`, `${page} links to it`)
    }
  }
})

t.test('the page about going live lists the variables and addresses of every provider', async (t) => {
  const rows = definitions.map(({ id, name, required }) => {
    const provider = providers.find((one) => one.id === id)
    const callback = provider?.handshakes.code === undefined ? '–' : `\`/connect/${id}/callback\``
    const inbound = provider?.inbound === undefined ? '–' : `\`/inbound/${id}\``
    return `| [${name}](providers.md#${id}) | ${required.map((variable) => `\`${variable}\``).join(', ')} | ${callback} | ${inbound} |`
  })
  const table = ['| provider | variables that offer it | redirect URI | inbound address |', '|---|---|---|---|', ...rows].join('\n')
  t.match(await read('docs/going-live.md'), `\n\n${table}\n\n`, `docs/going-live.md contains this table:\n${table}`)
})

t.test('the pages that list providers name all of them', async (t) => {
  const readme = await read('README.md')
  t.match(readme, `| ${providers.filter(({ send }) => send !== undefined).map(({ name }) => name).join(', ')} | a user | sends notifications |`)
  for (const { name } of providers.filter(({ pull }) => pull !== undefined)) t.match(readme, `| ${name} | a team | reads `)
  const cli = await read('docs/cli.md')
  for (const { id, terminal } of definitions) {
    t.equal(cli.includes(`\n| \`${id}\` | `), terminal !== undefined, `docs/cli.md describes connecting ${id} exactly if the terminal supports it`)
  }
})

function toRow (provider: Provider): string {
  const { id, name, holder, send, pull, refresh, revoke, revokes, idempotent } = provider
  return `| ${[
    `[${name}](#${id})`,
    holder === 'team' ? 'a team' : 'a user',
    kindsOf(provider).map((kind) => `\`${kind}\``).join(', '),
    send !== undefined ? 'yes' : pull !== undefined ? '–, it is [read](pulls.md)' : '–',
    yes(refresh !== undefined),
    revokes === 'account' ? 'the whole account' : yes(revoke !== undefined),
    yes(idempotent === true)
  ].join(' | ')} |`
}

function yes (is: boolean): string {
  return is ? 'yes' : '–'
}

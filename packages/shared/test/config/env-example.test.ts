import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { envExample } from '../../src/config/index.ts'
import { definitions } from '../../src/providers/index.ts'

const root = new URL('../../../../', import.meta.url)
/** The folder that reads variables only for tests. */
const testSupport = 'packages/testing/'
/** Variables of the operating system, which do not configure Carillon. */
const systemNames = ['HOME', 'PATH', 'XDG_CONFIG_HOME']

t.test('.env.example matches the configuration', async (t) => {
  t.equal(await readFile(new URL('.env.example', root), 'utf8'), envExample(),
    '`npm run env-example -w @carillon/shared` writes it again')
})

t.test('.env.example lists exactly the variables that the code reads', async (t) => {
  const named = [...envExample().matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name)
  const sources = await readSources()
  const read = new Map(sources.flatMap(({ path, text }) => [...text.matchAll(/\benv(?:\.|\[['"])([A-Z][A-Z0-9_]*)/g)].map(([, name = '']) => [name, path])))
  t.same([...read].filter(([name]) => !named.includes(name) && !systemNames.includes(name)), [], 'the code reads no variable that is not listed')
  const ofProviders = definitions.flatMap(({ variables, simulatorPort = '' }) => [...Object.keys(variables), simulatorPort])
  const code = sources.filter(({ path }) => !path.endsWith('config/variables.ts')).map(({ text }) => text).join('\n')
  t.same(named.filter((name) => !ofProviders.includes(name) && !new RegExp(`\\b${name}\\b`).test(code)), [], 'the list contains no variable that the code does not read')
})

t.test('each provider reads all of its variables', async (t) => {
  const sources = await readSources()
  for (const { id, prefix, variables } of definitions) {
    const create = sources.find(({ path }) => path.endsWith(`providers/${id}/index.ts`))?.text ?? ''
    const suffixes = Object.keys(variables).map((name) => name.slice(prefix.length)).filter((suffix) => suffix !== 'MAX_PER_SECOND')
    t.same(suffixes.filter((suffix) => !new RegExp(`\\b${suffix}\\b`).test(create)), [], id)
  }
})

/** All source files of the apps and packages, with paths relative to the root. */
async function readSources (): Promise<Array<{ path: string, text: string }>> {
  const folder = fileURLToPath(root)
  const paths = (await Promise.all(['apps', 'packages'].map(async (part) =>
    (await readdir(new URL(part, root), { recursive: true })).map((path) => `${part}/${path}`)))).flat()
  const wanted = paths.filter((path) => /^[^/]+\/[^/]+\/src\/.*\.ts$/.test(path) && !path.startsWith(testSupport))
  return Promise.all(wanted.map(async (path) => ({ path, text: await readFile(folder + path, 'utf8') })))
}

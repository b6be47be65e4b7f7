import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'
import { definitions } from '../../src/providers/index.ts'

const root = new URL('../../../../', import.meta.url)

/** Folders and files that name providers by their purpose. */
const homes = [
  ...definitions.flatMap(({ id }) => [`packages/shared/src/providers/${id}/`, `apps/sandbox/src/${id}/`]),
  // The lines that add a provider and its simulator.
  'packages/shared/src/providers/registry.ts',
  'apps/sandbox/src/simulators.ts',
  // Types with the descriptions of the contract.
  'packages/sdk/src/generated/',
  // The standard of browsers has the same name.
  'packages/sdk/src/browser/',
  // Libraries for one provider each, and the numbers of one provider.
  'packages/clients/',
  'apps/bench/',
  // Paths of sources and tests.
  'packages/testing/src/mutate/targets/'
]

t.test("no source outside a provider's own folders contains the provider's name", async (t) => {
  for (const file of await listSources()) {
    const lines = (await readFile(new URL(file, root), 'utf8')).split('\n')
    for (const [index, line] of lines.entries()) {
      for (const { id } of definitions) {
        if (nameOf(id).test(line)) t.fail(`${file}:${index + 1} names ${id}: ${line.trim()}`)
      }
    }
  }
})

t.test('the check finds a name in an identifier, a variable, a text and a host', async (t) => {
  const spellings = ['pumpio', 'createPumpio', 'PUMPIO_AUDIENCE', 'of pump.io', 'pump-io.ts', 'pumpioUrl']
  for (const spelling of spellings) t.match(spelling, nameOf('pumpio'))
  t.match('at Blot\'re', nameOf('blotre'))
  t.notMatch('pump iota', nameOf('pumpio'))
  for (const spelling of ["id === 'email'", 'EMAIL_FROM', '/connect/email/start']) t.match(spelling, nameOf('email'))
  for (const spelling of ['an incoming webhook', 'webhookUrl']) t.notMatch(spelling, nameOf('webhook'))
  for (const spelling of ['an e-mail address', 'emails', 'me.email']) t.notMatch(spelling, nameOf('email'))
})

/** Ids that are ordinary words. Texts may contain them, and the code may not depend on them. */
const words = new Set(['email', 'webhook'])

/**
 * Finds `id` in any case, and with a dot, a hyphen or an apostrophe inside. A word counts as a text of its own, or as a prefix.
 */
function nameOf (id: string): RegExp {
  if (words.has(id)) return new RegExp(`(['"\`])${id}\\1|/${id}/|\\b${id.toUpperCase()}_`)
  return new RegExp([...id].join('[^\\w\\s]?'), 'i')
}

async function listSources (): Promise<string[]> {
  const folders = await Promise.all(['apps', 'packages'].map(async (group) =>
    (await readdir(new URL(group, root))).map((name) => `${group}/${name}/src`)))
  const files = await Promise.all(folders.flat().map(async (folder) =>
    (await readdir(new URL(folder, root), { recursive: true, withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isFile())
      .map((entry) => `${folder}/${`${entry.parentPath}/${entry.name}`.split(`/${folder}/`)[1]}`)))
  return files.flat().filter((file) => !homes.some((home) => file.startsWith(home))).sort()
}

import { readdir, readFile } from 'node:fs/promises'
import { backends } from '@carillon/testing'
import t from 'tap'
import { configuredService } from '../../../../packages/shared/test/providers/conformance/all-definitions.ts'
import { readTraits } from '../../../../packages/shared/test/providers/conformance/read-traits.ts'
import { runConformance } from '../../../../packages/shared/test/providers/conformance/run-conformance.ts'
import { providerJourneys } from '../journeys/provider-journeys.ts'
import { openProcesses } from './open-processes.ts'
import { definitions, madeUp } from './registry.ts'

const root = new URL('../../../../', import.meta.url)
const home = 'apps/cli/test/made-up/'
const maxLines = 150

for (const { definition, traits, createSimulator } of madeUp) {
  t.test(`${definition.name} does what every provider does`, (t) => runConformance(t, definition, traits, [createSimulator]))

  t.test(`${definition.id} is added by its folder and one line`, async (t) => {
    const folder = `${home}${definition.id}/`
    const files = (await listSources()).filter((file) => file.startsWith(folder))
    const lines = (await Promise.all(files.map(readLines))).flat()
    t.ok(files.length >= 3, 'it has a definition, a simulator and traits')
    t.ok(lines.length < maxLines, `${lines.length} lines`)
    const outside: string[] = []
    for (const file of (await listSources()).filter((file) => !file.startsWith(folder))) {
      const named = (await readLines(file)).filter((line) => line.toLowerCase().includes(definition.id))
      outside.push(...named.map((line) => `${file}: ${line}`))
    }
    t.match(outside, [`${home}providers.ts: export * as ${definition.id} from './${definition.id}/index.ts'`])
    t.equal(outside.length, 1)
  })
}

for (const { kind, skip, open } of await backends()) {
  t.test(`a made-up provider makes the journey of every provider, with jobs in ${kind}`, { skip }, async (t) => {
    const stores = await open(t)
    const only = madeUp.map(({ definition }) => definition.id)
    await providerJourneys(t, {
      addresses: await openProcesses(t, stores),
      databaseUrl: stores.DATABASE_URL,
      definitions: [...definitions, configuredService],
      readTraits: async (id) => madeUp.find(({ definition }) => definition.id === id)?.traits ?? await readTraits(id),
      only
    })
  })
}

async function listSources (): Promise<string[]> {
  const found = await Promise.all(['apps', 'packages'].map(async (part) =>
    (await readdir(new URL(part, root), { recursive: true })).map((path) => `${part}/${path}`)))
  return found.flat().filter((file) => /^[^/]+\/[^/]+\/(src|test)\/.*\.(ts|js)$/.test(file))
}

async function readLines (file: string): Promise<string[]> {
  return (await readFile(new URL(file, root), 'utf8')).trimEnd().split('\n')
}

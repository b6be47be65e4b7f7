import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { listMutations } from './list-mutations.ts'
import { runAll } from './run-all.ts'
import { scoreOf, showResults } from './show-results.ts'
import { targets } from './targets/index.ts'

const help = `npm run mutate -- [options]

Breaks critical lines one at a time, in a copy of the repository, and runs the tests that must notice.
Node.js 24 needs half the time that Node.js 20 needs, since it keeps what it has compiled.

  --only <text>    only mutations whose file or name contains this text
  --list           print the mutations, and run nothing
  --check          only check that every entry still fits the sources
  --jobs <count>   copies at a time (2)
  --sample <n>     only every n-th mutation
  --json <path>    write the results to this file, and leave out those that it holds already
  --again          run only those that survived according to that file
  --help

The exit code is 1 when more than 3 % survive without a reason, when an entry is stale, or when a test fails without a mutation.`

const maxSurvivingShare = 0.03
const root = fileURLToPath(new URL('../../../..', import.meta.url))

process.exitCode = await main()

async function main (): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      list: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '2' },
      sample: { type: 'string', default: '1' },
      json: { type: 'string' },
      again: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    console.log(help)
    return 0
  }
  const { mutations, stale } = await listMutations(root, targets)
  for (const line of stale) console.error(line)
  if (stale.length > 0) return 1
  const chosen = mutations.filter(({ file, name }) => `${file} ${name}`.includes(values.only))
    .filter((_, index) => index % Number(values.sample) === 0)
  if (values.check) console.log(`${mutations.length} mutations fit the sources`)
  if (values.list) for (const { file, name } of chosen) console.log(`${file}: ${name}`)
  if (values.check || values.list) return 0

  const results = await runAll(root, { mutations, chosen }, { jobs: Number(values.jobs), path: values.json, again: values.again })
  const score = scoreOf(results)
  console.log(`\n${showResults(results)}\n`)
  console.log(`${results.length} of ${mutations.length} mutations run; ${score.total} count: ${score.killed} noticed, ` +
    `${score.equivalent} equivalent, ${score.survived} survived (${(score.share * 100).toFixed(1)} %)`)
  return score.share > maxSurvivingShare ? 1 : 0
}

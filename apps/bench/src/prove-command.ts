import { randomInt } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import { channels } from './channels/channels.ts'
import type { Channel } from './channels/channel.ts'
import type { CommandOutput } from './command-output.ts'
import { usualBackend } from './environment/carillon.ts'
import type { BackendKind } from './environment/carillon.ts'
import { describeCommit, describeMachine } from './machine.ts'
import type { Proof } from './proofs/proof.ts'
import { proofs } from './proofs/proofs.ts'
import { runProofs } from './proofs/run-proofs.ts'
import { several } from './proofs/several.ts'
import { showProofs } from './proofs/show-proofs.ts'

const channelNames = channels.map(({ provider }) => provider).join(', ')

interface Options {
  people?: number
  providers?: Channel[]
  json: boolean
  only?: Proof[]
  backend?: BackendKind
  seed?: number
  outageSeconds: number
  leaseSeconds: number
  latency: number
}

/** Defines `npm run prove`. */
export function createProveCommand ({ open, say, print, fail }: CommandOutput): Command {
  return new Command('npm run prove --')
    .description('Proves with real processes that a broadcast reaches everybody, once, whatever happens on the way.')
    .option('--people <count>', 'how many are connected: 1,000 or more, 100000 by default (with --providers 100, 10000)', readNumber(100, 10_000_000))
    .option('--providers <ids>', `the proof "${several.name}", with connections to several of ${channelNames}`, readChannels)
    .option('--only <names>', 'only these proofs, separated by commas', readProofs)
    .addOption(new Option('--backend <kind>', 'where jobs live (redis where there is a redis-server)').choices(['redis', 'postgres']))
    .option('--seed <number>', 'decides when the worker is killed (another each time)', readNumber(0, 2 ** 32 - 1))
    .option('--outage-seconds <count>', 'how long the provider is away', readNumber(2, 600), 20)
    .option('--lease-seconds <count>', 'DELIVER_LEASE_SECONDS of workers that are killed', readNumber(2, 600), 10)
    .option('--latency <ms>', 'the median time in which Pushbullet answers', readNumber(0, 10_000), 0)
    .option('--json', 'print {commit, machine, options, proofs} instead of a table', false)
    .addHelpText('after', `
Proofs:
${[...proofs, several].map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}

Progress is told on stderr. The exit code is 0 when all of them hold, and 1 when a count differs or something failed.`)
    .action(async (
      { json, only, providers, people, backend, seed, outageSeconds, leaseSeconds, latency: latencyMs }: Options, command: Command
    ) => {
      const isSeveral = providers !== undefined
      if (isSeveral && only !== undefined) command.error('error: --only and --providers exclude each other', { exitCode: 2 })
      if (!isSeveral && people !== undefined && people < 1_000) {
        command.error('error: --people: Expected a number from 1000 to 10000000.', { exitCode: 2 })
      }
      const context = await open({})
      if (backend === 'redis' && context.redis === undefined) throw new Error('There is no redis-server on PATH')
      const chosen = { backend: backend ?? usualBackend(context), seed: seed ?? randomInt(2 ** 32 - 1) }
      const audience = people ?? (isSeveral ? 10_000 : 100_000)
      const options = { people: audience, outageSeconds, leaseSeconds, latencyMs, channels: providers ?? [], ...chosen }
      await context.simulator.delay(latencyMs)
      const results = await runProofs(context, isSeveral ? [several] : only ?? proofs, options, say)
      const { channels, ...others } = options
      const printed = { ...others, ...isSeveral && { providers: channels.map(({ provider }) => provider) } }
      const report = { commit: await describeCommit(), machine: describeMachine(context), options: printed, proofs: results }
      print(json ? JSON.stringify(report, null, 2) : showProofs(report))
      if (results.some(({ ok }) => !ok)) fail()
    })
}

function readProofs (value: string): Proof[] {
  return value.split(',').map((name) => {
    const proof = proofs.find((known) => known.name === name.trim())
    if (proof === undefined) throw new InvalidArgumentError(`There is no proof "${name}"; --help shows which there are.`)
    return proof
  })
}

function readChannels (value: string): Channel[] {
  return [...new Set(value.split(','))].map((name) => {
    const channel = channels.find(({ provider }) => provider === name.trim())
    if (channel === undefined) throw new InvalidArgumentError(`Expected some of ${channelNames}, separated by commas.`)
    return channel
  })
}

function readNumber (least: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < least || number > max) throw new InvalidArgumentError(`Expected a number from ${least} to ${max}.`)
    return number
  }
}

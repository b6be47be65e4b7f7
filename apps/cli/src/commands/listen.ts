import { readWebUrl } from '@carillon/http'
import { loadConfig } from '@carillon/shared/config'
import { eventTypes } from '@carillon/shared/db'
import { isWebhookSecret, newWebhookSecret } from '@carillon/shared/webhooks'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { ExitError } from '../exit-error.ts'
import { createForwarder } from '../listen/create-forwarder.ts'
import type { ForwardAttempt } from '../listen/create-forwarder.ts'
import { describeAttempt } from '../listen/describe-attempt.ts'
import { createInterruption } from '../notifications/interruption.ts'
import { describeEvent } from '../operator/describe-event.ts'
import { openEventsApi } from '../operator/events-api.ts'
import { describeApiState, followEvents } from '../operator/follow-events.ts'

interface Options {
  forward?: string
  events: string[]
  secret?: string
  json?: true
}

export function addListen (program: Command, context: CommandContext): void {
  const { env, print, terminal: { output } } = context
  program.command('listen')
    .summary('print new events, and forward them to a program on this machine')
    .description('Prints new events as they are recorded, until Ctrl-C, and forwards them to your program as signed requests. ' +
      'It is for development: your program needs no public URL and no endpoint.')
    .option('--forward <url>', 'send each event to this URL, signed like a webhook', webUrl)
    .option('--events <types>', 'types of events, separated by commas (*: all but those of deliveries)', typesOfEvents, ['*'])
    .option('--secret <secret>', 'signs the requests; by default CARILLON_WEBHOOK_SECRET, or a new one')
    .option('--json', 'print one JSON object per line')
    .addHelpText('after', more)
    .action(async ({ forward: url, events: types, secret: given, json }: Options) => {
      const { secret, isNew } = chooseSecret(given ?? loadConfig(env).CARILLON_WEBHOOK_SECRET)
      const api = await openEventsApi(env)
      const [latest] = await api.latest({}, 1)
      const { signal } = createInterruption(context)
      const isJson = json === true
      const onAttempt = (attempt: ForwardAttempt): void => print(isJson ? JSON.stringify(attempt) : describeAttempt(attempt))
      const forwarder = url === undefined ? undefined : createForwarder({ url, secret, signal, onAttempt })
      if (url !== undefined) output.write(`Forwarding to ${url}\n${isNew ? `The secret, until this command ends: ${secret}\n` : ''}`)
      output.write('Waiting for events. Ctrl-C ends it.\n')
      const onConnection = (isConnected: boolean): void => { output.write(`${describeApiState(isConnected)}\n`) }
      for await (const event of followEvents(api, {}, { after: latest?.id, signal, onConnection })) {
        if (!isWanted(event.type, types)) continue
        print(isJson ? JSON.stringify(event) : describeEvent(event))
        await forwarder?.forward(event)
      }
      await forwarder?.close()
    })
}

/** An endpoint with these types receives the same events. */
function isWanted (type: string, types: readonly string[]): boolean {
  return types.includes(type) || (types.includes('*') && !type.startsWith('delivery.'))
}

function chooseSecret (given: string | undefined): { secret: string, isNew: boolean } {
  if (given === undefined) return { secret: newWebhookSecret(), isNew: true }
  if (!isWebhookSecret(given)) throw new ExitError('the secret must be whsec_ and 24 to 64 bytes in base64', 2)
  return { secret: given, isNew: false }
}

function webUrl (text: string): string {
  const read = readWebUrl(text)
  if ('fault' in read) throw new InvalidArgumentError(`It ${read.fault}.`)
  return read.url
}

function typesOfEvents (text: string): string[] {
  const types = text.split(',').map((type) => type.trim())
  const unknown = types.find((type) => type !== '*' && !eventTypes.some((known) => known === type))
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is not a type of event. Types: ${eventTypes.join(', ')}.`)
  return types
}

const more = `
The API key needs the scope notifications:read. An event is sent again, up to six times within 30 seconds, while your program
does not respond. Events of deliveries are recorded only on request: RECORD_DELIVERY_EVENTS=1.

Examples:
  carillon listen
  carillon listen --forward http://localhost:3000/carillon
  carillon listen --forward http://localhost:3000/carillon --events connection.needs_reauth,connection.connected
  carillon listen --json | jq -r .type`

import { colorOf } from '../colors.ts'
import type { CommandContext } from '../command-context.ts'
import { moment, titleOf } from '../notifications/output/format.ts'
import { printable } from '../printable.ts'
import { readable } from './readable.ts'
import type { RecipientExplanation, UserExplanation } from './why-api.ts'
import { wrapText } from './wrap-text.ts'

type Output = Pick<CommandContext, 'named' | 'colors'>

type ExplainedConnection = RecipientExplanation['connections'][number] | UserExplanation['connections'][number]

const indent = '  '

const receivedTexts = { yes: 'got it', notYet: 'waits for it', unknown: 'may have got it', no: 'did not get it' }

/** The explanation of one notification and one user, as lines of 80 characters. */
export function describeRecipient (explained: RecipientExplanation, output: Output): string[] {
  const { notificationId, createdAt, title, connections } = explained
  return [
    `${titled(title)}, accepted at ${moment(createdAt)}`,
    notificationId,
    '',
    ...sentences(explained, output, ''),
    ...connections.flatMap((connection) => ['', ...connectionLines(connection, connection.state ?? 'no delivery', output)])
  ]
}

/** The connections of a user and the last notifications, as lines of 80 characters. */
export function describeUser (explained: UserExplanation, output: Output): string[] {
  const { userId, connections, notifications, onlyDeliveredBefore } = explained
  return [
    ...sentences(explained, output, ''),
    ...connections.flatMap((connection) => {
      const { muted, status } = connection
      return ['', ...connectionLines(connection, muted && status === 'active' ? 'muted' : status, output)]
    }),
    ...notifications.flatMap(({ notificationId, title, createdAt, received, explanation }) => [
      '',
      `${titled(title)}, accepted at ${moment(createdAt)}: ${printable(userId)} ${colorOf(received, output.colors)(receivedTexts[received])}`,
      `${indent}${notificationId}`,
      ...wrapText(readable(explanation), { indent })
    ]),
    ...onlyDeliveredBefore === null ? [] : ['', ...wrapText(describeSearch(userId, onlyDeliveredBefore), { indent: '' })]
  ]
}

function describeSearch (userId: string, since: string): string {
  return `Notifications that reached no connection of ${printable(userId)} were searched back to ${moment(since)}. Name an earlier one to explain it.`
}

function connectionLines (
  { provider, account, connectionId, ...explained }: ExplainedConnection, state: string, output: Output
): string[] {
  const painted = colorOf(state, output.colors)(state)
  return [`${provider}, ${printable(account.name)}: ${painted}`, `${indent}${connectionId}`, ...sentences(explained, output, indent)]
}

function sentences (
  { explanation, nextStep }: { explanation: string, nextStep: string | null }, { named }: Output, indent: string
): string[] {
  return [
    ...wrapText(readable(explanation), { indent }),
    ...nextStep === null ? [] : wrapText(`Next: ${named(readable(nextStep))}`, { indent })
  ]
}

function titled (title: string): string {
  return titleOf({ message: { type: '', title } })
}

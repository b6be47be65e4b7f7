import type { CommandContext } from '../../command-context.ts'
import type { NotificationInput } from '../api/notification.ts'
import type { Preview } from '../api/notifications-api.ts'
import { describeMessage, describePreview } from './describe-preview.ts'

/** Prints what each provider would show. */
export function printPreview (
  { print }: Pick<CommandContext, 'print'>, preview: Preview, input: NotificationInput, json: boolean
): void {
  if (json) return print(JSON.stringify(preview))
  const [summary = ''] = describePreview(preview, input)
  for (const line of [summary, ...describeMessage(preview)]) print(line)
}

import type { CommandContext } from '../../command-context.ts'
import { ExitError } from '../../exit-error.ts'
import { follow } from './follow.ts'
import { titleOf } from '../output/format.ts'
import { unlessInterrupted } from '../interruption.ts'
import type { Interruption } from '../interruption.ts'
import type { Notification, Progress } from '../api/notification.ts'
import type { NotificationsApi } from '../api/notifications-api.ts'
import { createProgressView } from './progress-view.ts'
import { reportEnd } from './report-end.ts'

/** Shows the progress until no delivery changes any more, then the result. Throws ExitError unless everything was sent. */
export async function watch (
  context: CommandContext, api: NotificationsApi, notification: Notification,
  { json, interruption: { signal } }: { json: boolean, interruption: Interruption }
): Promise<void> {
  const { print, named, terminal } = context
  const { id } = notification
  const view = createProgressView(terminal, `${id} ${titleOf(notification)}`)
  let latest: Progress = notification
  try {
    for await (const progress of follow(api, id, { signal, onConnection: view.showConnection })) {
      latest = progress
      view.show(progress)
    }
  } catch (error) {
    view.close()
    if (json) print(JSON.stringify({ ...notification, ...latest }))
    terminal.output.write(named(`Watch it again:  carillon notifications show ${id} --watch\nCancel it:       carillon notifications cancel ${id}\n`))
    if (!signal.aborted) throw error
    throw new ExitError(`stopped watching; ${id} continues`, 130)
  }
  view.close()
  await unlessInterrupted(reportEnd(context, api, id, { json }), signal)
}

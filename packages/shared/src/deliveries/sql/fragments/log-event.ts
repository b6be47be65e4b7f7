import type { EventName } from '../../states.ts'
import type { Fragment, Sql } from './fragment.ts'

interface EventFields {
  reason?: Fragment
  until?: Fragment
}

/** The history with one more event. `event` is a name, or an expression that is evaluated for each row. */
export function logEvent (sql: Sql, event: EventName | Fragment, fields?: EventFields): Fragment {
  return sql`history || ${toEvent(sql, event, fields)}`
}

/** One event in the format of the history. Omits fields that are null. */
export function toEvent (sql: Sql, event: EventName | Fragment, { reason, until }: EventFields = {}): Fragment {
  const name = typeof event === 'string' ? sql`${event}::text` : event
  return sql`jsonb_strip_nulls(jsonb_build_object('at', now(), 'event', ${name}, 'reason', ${reason ?? sql`null`},
    'until', ${until ?? sql`null`}))`
}

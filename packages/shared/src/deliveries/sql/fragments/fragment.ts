import type { PendingQuery, Row } from 'postgres'
import type { Database } from '../../../db/index.ts'

export type Sql = Database['sql']

/** A part of a statement. It is never awaited: that would run it by itself. */
export type Fragment = PendingQuery<Row[]>

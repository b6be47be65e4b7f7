import type { PendingQuery, Row } from 'postgres'
import type { Database } from '../../../db/index.ts'

export type Sql = Database['sql']

/** A part of a statement. Never await a fragment: that would execute it. */
export type Fragment = PendingQuery<Row[]>

import { statesWith } from '../../states.ts'
import type { DeliveryState, Next, Operation, StateColumn } from '../../states.ts'
import type { Fragment, Sql } from './fragment.ts'

export interface StateChange<By extends Operation> {
  by: By
  /** A state of the state machine, or an expression that is evaluated for each row. */
  to: Next<By> | Fragment
  /** The due time, for states that have one. */
  dueAt?: Fragment
  /** The batch that owns the delivery in the state `sending`. */
  claimId?: Fragment
  /** The provider's receipt, for the state `sent`. */
  receipt?: Fragment
  /** The job that will send the delivery. Without one, dispatching assigns a new job. */
  jobId?: Fragment
  reason?: Fragment
  history: Fragment
}

/** The `set` list of a state change. Columns that the next state does not have become null. */
export function setState<By extends Operation> (
  sql: Sql, { to, dueAt, claimId, receipt, jobId, reason, history }: StateChange<By>
): Fragment {
  return sql`
    state = ${typeof to === 'string' ? sql`${to}` : to},
    due_at = ${forState(sql, 'due_at', to, dueAt)},
    parked_at = ${forState(sql, 'parked_at', to, sql`now()`)},
    claim_id = ${forState(sql, 'claim_id', to, claimId)},
    receipt = ${forState(sql, 'receipt', to, receipt)},
    job_id = ${jobId ?? sql`null`},
    reason = ${reason ?? sql`null`},
    history = ${history},
    updated_at = now()`
}

/** Returns `value` if the state `to` has this column, else null. */
export function forState (sql: Sql, column: StateColumn, to: DeliveryState | Fragment, value: Fragment | undefined): Fragment {
  const states: DeliveryState[] = statesWith[column]
  if (value === undefined) return sql`null`
  if (typeof to === 'string') return states.includes(to) ? value : sql`null`
  return sql`case when ${to} in (${sql.unsafe(states.map((state) => `'${state}'`).join(', '))}) then ${value} end`
}

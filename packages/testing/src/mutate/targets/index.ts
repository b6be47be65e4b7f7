import { accounts } from './accounts.ts'
import { delivery } from './delivery.ts'
import type { Target } from '../target.ts'

export const targets: Target[] = [...delivery, ...accounts]

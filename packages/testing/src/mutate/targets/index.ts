import { accounts } from './accounts.ts'
import { delivery } from './delivery.ts'
import { pullsAndProxy } from './pulls-and-proxy.ts'
import type { Target } from '../target.ts'

export const targets: Target[] = [...delivery, ...accounts, ...pullsAndProxy]

import { hostname, userInfo } from 'node:os'
import type { Actor } from '@carillon/shared/audit'

/** Who runs the command, for the audit trail. */
export function operatorActor (): Actor {
  return { kind: 'operator', name: `${accountName()}@${hostname()}` }
}

/** A container may run under an id without an account. */
function accountName (): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}

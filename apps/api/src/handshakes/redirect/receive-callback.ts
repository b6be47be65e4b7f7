import { claimHandshake, findHandshake } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Grant, Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { assertTeamOwner } from '../finish/assert-team-owner.ts'
import { isOwnHandshake } from '../browser-binding.ts'
import type { BrowserSecrets } from '../browser-binding.ts'
import { abortHandshake } from '../finish/finish-handshake.ts'
import { connectedOutcome, isOver } from '../outcome/handshake-outcome.ts'
import type { Outcome } from '../outcome/handshake-outcome.ts'
import type { Reason } from '../outcome/reasons.ts'
import { storeOrHoldGrant } from '../finish/store-grant.ts'
import type { RedirectFlow } from './redirect-flow.ts'

/** The result of a callback. `refused` changes nothing; `used` means that the handshake was over before. */
export type CallbackResult =
  | { kind: 'refused', reason: Reason }
  | { kind: 'ended', handshake: Handshake, outcome: Outcome }
  | { kind: 'held', handshake: Handshake }
  | { kind: 'used', handshake: Handshake }

/** Completes the handshake that a callback is for. A callback is used once, and only in the browser that confirmed. */
export async function receiveCallback (
  services: Services, provider: Provider, flow: RedirectFlow, { query, browser }: { query: unknown, browser: BrowserSecrets }
): Promise<CallbackResult> {
  const { database, now } = services
  const match = await flow.match(query, browser.all)
  if (typeof match === 'string') return { kind: 'refused', reason: match }
  const { handshake, token } = match
  if (!isOwnHandshake(handshake, browser)) {
    return { kind: 'refused', reason: browser.all.length === 0 ? 'noCookie' : 'foreignCookie' }
  }
  return await claimHandshake(database, handshake, now(), token) ? await complete() : await findUse()

  async function complete (): Promise<CallbackResult> {
    let grant: Grant | undefined
    try {
      assertTeamOwner(handshake)
      const requestedAt = new Date(now())
      grant = { ...await flow.obtain(query, handshake), requestedAt }
      const stored = await storeOrHoldGrant(services, provider, handshake, grant, !flow.namesHandshake)
      if (stored === 'held') return { kind: 'held', handshake }
      return { kind: 'ended', handshake, outcome: connectedOutcome(grant, stored.connectionId) }
    } catch (error) {
      const reason = await abortHandshake(services, provider, handshake, error, grant)
      return { kind: 'ended', handshake, outcome: { kind: 'failed', reason } }
    }
  }

  /** The handshake has expired or another request used it, unless it was confirmed again and expects another callback. */
  async function findUse (): Promise<CallbackResult> {
    const current = await findHandshake(database, handshake.id, now())
    if (current === undefined || (!isOver(current) && !current.isObtained)) return { kind: 'refused', reason: 'unknownState' }
    return { kind: 'used', handshake: current }
  }
}

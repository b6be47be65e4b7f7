import {
  claimHandshake, confirmHandshake, findHandshake, findHandshakeByState, mayConfirm, supersedeHandshakes
} from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { chargeOutgoing } from '../../outgoing-budget.ts'
import type { Services } from '../../services.ts'
import { assertTeamOwner } from '../finish/assert-team-owner.ts'
import { newBrowserSecret } from '../browser-binding.ts'
import type { BrowserSecrets } from '../browser-binding.ts'
import { endingHandshakes } from '../ending-handshakes.ts'
import { abortHandshake } from '../finish/finish-handshake.ts'
import { isOver } from '../outcome/handshake-outcome.ts'
import type { Reason } from '../outcome/reasons.ts'
import type { RedirectFlow } from './redirect-flow.ts'

export interface Confirmation {
  browser: BrowserSecrets
  /** The secret in the form. It proves a double click, which the browser sends before it has stored the cookie. */
  form: string | undefined
  toAuthorizeUrl: (state: string) => Promise<string>
}

/** The result of a confirmation. `secret` is for the browser's cookie: the handshake is bound to it. */
export type ConfirmationResult =
  | { kind: 'otherBrowser' }
  | { kind: 'over', handshake: Handshake, secret?: string }
  | { kind: 'redirect', url: string, secret: string }
  | { kind: 'failed', reason: Reason, secret: string }

/** The endpoints, a registration and a request token. */
const requestsToBegin = 3

/** Binds the handshake to the browser that confirmed it, and begins the authorization. Throws Problem `tooManyRequests`. */
export async function confirmRedirect (
  { services, provider, flow }: { services: Services, provider: Provider, flow: RedirectFlow },
  handshake: Handshake,
  { browser, form, toAuthorizeUrl }: Confirmation
): Promise<ConfirmationResult> {
  const { database, now } = services
  const { id, userId, account } = handshake
  const proof = { cookie: browser.of(id), form }
  if (!mayConfirm(handshake, proof)) return { kind: 'otherBrowser' }
  if (handshake.isObtained) return { kind: 'over', handshake }
  if (provider.handshakes.code === undefined) {
    // Each confirmation requests a token from the host, however often the same handshake is confirmed.
    await chargeOutgoing(services, { owner: { userId }, provider, account, cost: requestsToBegin })
  }
  const secret = newBrowserSecret()
  const state = await confirmHandshake(database, { id, browser: secret, proof }, now())
  if (state === undefined) return await refusal()
  if (!flow.namesHandshake) {
    await supersedeHandshakes(endingHandshakes(services), { id, browsers: browser.all, provider: provider.id }, now())
  }
  return { ...await begin(state), secret }

  /** Another browser confirmed, or another request ended the handshake, since it was read. */
  async function refusal (): Promise<ConfirmationResult> {
    const current = await findHandshake(database, id, now()) ?? handshake
    return isOver(current) ? { kind: 'over', handshake: current } : { kind: 'otherBrowser' }
  }

  async function begin (state: string) {
    try {
      assertTeamOwner(handshake)
      const url = await flow.begin(handshake, state, toAuthorizeUrl)
      return url === undefined ? { kind: 'over', handshake } as const : { kind: 'redirect', url } as const
    } catch (error) {
      const current = await findHandshakeByState(database, state, now())
      if (current === undefined || !await claimHandshake(database, current, now())) return { kind: 'over', handshake } as const
      return { kind: 'failed', reason: await abortHandshake(services, provider, handshake, error) } as const
    }
  }
}

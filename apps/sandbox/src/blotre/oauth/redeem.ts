import type { FastifyInstance, FastifyReply } from 'fastify'
import { mustBeDecision } from './authorize.ts'
import { createConsent, isBound, NO_SUCH_CLIENT } from './consent.ts'
import { consentPage, redeemedPage, redeemPage, refusalPage, sendPage } from './pages.ts'
import { formOf, queryOf } from '../http/read-request.ts'
import type { World } from '../world.ts'

// A message for the next page alone.
const FLASH = 'PLAY_FLASH'
const FLASH_SET = `${FLASH}=error=invalidCode; Path=/; HTTPOnly`
const FLASH_TAKEN = `${FLASH}=; Path=/; Max-Age=0; HTTPOnly`

/** The page on which a user enters the code that a disposable client shows. */
export function redeemRoutes (app: FastifyInstance, world: World): void {
  const consent = createConsent(world)

  app.get('/redeem', async (request, reply) => {
    const [action, account] = [queryOf(request, 'auto'), queryOf(request, 'account')]
    if (action !== undefined) return decide(reply, queryOf(request, 'code') ?? '', action, account)

    const isCodeWrong = request.headers.cookie?.includes(`${FLASH}=error`) === true
    if (isCodeWrong) reply.header('set-cookie', FLASH_TAKEN)
    return sendPage(reply, 200, redeemPage(consent.person(account), isCodeWrong))
  })

  app.post('/redeem', async (request, reply) => {
    const form = formOf(request)
    const disposable = world.disposables.byCode(form?.get('code')?.trim() ?? '')
    if (disposable === undefined) return reply.header('set-cookie', FLASH_SET).redirect('/blotre/v0/oauth2/redeem', 303)
    if (isBound(disposable)) return sendPage(reply, 404, refusalPage(NO_SUCH_CLIENT))
    const carried = { response_type: 'disposable', client_id: disposable.id, extra_data: disposable.code } as const
    return sendPage(reply, 200, consentPage(carried, disposable, consent.person(form?.get('account') ?? undefined)))
  })

  app.get('/redeemSuccessful', async (_request, reply) => sendPage(reply, 200, redeemedPage()))

  /** Both pages in one. A program is told by a 404 that the code is no good, for it would not see a message on a page. */
  function decide (reply: FastifyReply, code: string, action: string, account: string | undefined): FastifyReply {
    mustBeDecision(action)
    const disposable = world.disposables.byCode(code)
    if (disposable === undefined || isBound(disposable)) return sendPage(reply, 404, refusalPage(NO_SUCH_CLIENT))
    return consent.forDisposable(reply, disposable.id, code, { action, account })
  }
}

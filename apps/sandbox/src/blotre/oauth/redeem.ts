import type { FastifyInstance, FastifyReply } from 'fastify'
import { queryOf } from '../../kit/http/parameters.ts'
import { sendPage } from '../../kit/pages/service-page.ts'
import { formOf } from '../http/read-request.ts'
import type { World } from '../world.ts'
import { decideDisposable, NO_SUCH_CLIENT, personIn } from './authorize.ts'
import { authorizationPage, redeemedPage, redeemPage, refusalPage } from './pages.ts'

// Play's cookie for a message that the next page shows once.
const FLASH = 'PLAY_FLASH'
const SET_FLASH = `${FLASH}=error=invalidCode; Path=/; HTTPOnly`
const CLEAR_FLASH = `${FLASH}=; Path=/; Max-Age=0; HTTPOnly`

/** The page where a user enters the code of a disposable client. */
export function redeemRoutes (app: FastifyInstance, world: World): void {
  const { disposables } = world

  app.get('/redeem', async (request, reply) => {
    const query = queryOf(request)
    if (query.has('auto')) return decideAtOnce(reply, query)

    const isCodeWrong = request.headers.cookie?.includes(`${FLASH}=error`) === true
    if (isCodeWrong) reply.header('set-cookie', CLEAR_FLASH)
    return sendPage(reply, 200, redeemPage(personIn(query, world), isCodeWrong))
  })

  app.post('/redeem', async (request, reply) => {
    const form = formOf(request) ?? new URLSearchParams()
    const disposable = disposables.byCode(form.get('code')?.trim() ?? '')
    if (disposable === undefined) return reply.header('set-cookie', SET_FLASH).redirect('/blotre/v0/oauth2/redeem', 303)
    if (disposable.account !== undefined) return sendPage(reply, 404, refusalPage(NO_SUCH_CLIENT))
    const carried = { response_type: 'disposable', client_id: disposable.id, extra_data: disposable.code } as const
    return sendPage(reply, 200, authorizationPage(carried, disposable, personIn(form, world)))
  })

  app.get('/redeemSuccessful', async (_request, reply) => sendPage(reply, 200, redeemedPage()))

  /** Both pages in one request. A wrong code is a 404, since a program does not see the message on the page. */
  function decideAtOnce (reply: FastifyReply, query: URLSearchParams): FastifyReply {
    const code = query.get('code') ?? ''
    const disposable = disposables.byCode(code)
    const isRedeemable = disposable !== undefined && disposable.account === undefined
    if (!isRedeemable && ['allow', 'deny'].includes(query.get('auto') ?? '')) return sendPage(reply, 404, refusalPage(NO_SUCH_CLIENT))
    return decideDisposable(reply, world, new URLSearchParams({
      decision: query.get('auto') ?? '', client_id: disposable?.id ?? '', redirect_uri: code, account: query.get('account') ?? ''
    }))
  }
}

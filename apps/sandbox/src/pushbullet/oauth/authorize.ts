import type { FastifyInstance } from 'fastify'
import { appendToQuery, authorizeRoutes } from '../../kit/oauth/authorize-page.ts'
import { consentPage, refusalPage } from '../../kit/pages/consent-page.ts'
import { html } from '../../kit/pages/html.ts'
import { sendPage, servicePage } from '../../kit/pages/service-page.ts'
import type { Access } from './access.ts'
import { CLIENT, isRegisteredRedirect } from './client.ts'

const STYLE = { name: 'Pushbullet', accent: '#1f8a4c', accentOnDark: '#5fd693' }

/** Like Pushbullet, the page ignores `state` and `scope`, and returns the query of `redirect_uri` unchanged. */
export function authorizePageRoutes (app: FastifyInstance, { codes, users, issueToken }: Access): void {
  authorizeRoutes(app, '/authorize', {
    check (input) {
      const text = errorIn(input)
      return text === undefined ? undefined : { status: 400, text }
    },

    knownAccounts: users.names,

    consentPage: (input, person) => consentPage(STYLE, {
      title: 'Authorize',
      heading: html`${CLIENT.name} wants to access your Pushbullet account`,
      explanation: html`<p>It will be able to send you pushes and to read your account.</p>`,
      action: 'authorize',
      hidden: Object.fromEntries([...input].filter(([name]) => name !== 'account')),
      person
    }),

    refusalPage: (text) => refusalPage(STYLE, 'Invalid request', 'This request cannot be granted', text),

    allow (input, account): Record<string, string> {
      users.open(account)
      return input.get('response_type') === 'token'
        ? { access_token: issueToken(account) }
        : { code: codes.issue(account, input.get('redirect_uri') ?? '') }
    },

    echoesState: false,

    redirectUrl: (redirectUri, parameters) => parameters.has('access_token')
      ? `${redirectUri}#${parameters}`
      : appendToQuery(redirectUri, parameters)
  })

  app.get('/login-success', async (_request, reply) => sendPage(reply, 200, landingPage()))
}

function errorIn (input: URLSearchParams): string | undefined {
  // RFC 6749 §3.1: a parameter must not occur more than once.
  const repeated = [...input.keys()].find((name) => input.getAll(name).length > 1)
  if (repeated !== undefined) return `The parameter “${repeated}” occurs more than once.`
  const clientId = input.get('client_id') ?? ''
  if (clientId !== CLIENT.id) return `No application is registered under the client_id “${clientId}”.`
  const redirectUri = input.get('redirect_uri') ?? ''
  if (!isRegisteredRedirect(redirectUri)) {
    return `The redirect_uri “${redirectUri}” does not match the registered one: http(s)://<this machine>${CLIENT.redirectPath}, with any query.`
  }
  const responseType = input.get('response_type') ?? ''
  if (!['code', 'token'].includes(responseType)) return `The response_type is either “code” or “token”, not “${responseType}”.`
}

/** Where a token flow without an application ends. The token is in the fragment of the address. */
function landingPage (): string {
  return servicePage(STYLE, 'Done', html`
    <h1>Decided</h1>
    <p>The end of this page's address is what an application receives.</p>
    <p><a href="/">Open the sandbox's screens</a></p>`)
}

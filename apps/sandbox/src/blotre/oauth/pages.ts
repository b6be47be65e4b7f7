import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { html } from '../../kit/pages/html.ts'
import { accountField, hiddenFields, servicePage } from '../../kit/pages/service-page.ts'
import { CLIENT } from './client.ts'
import { CODE_SECONDS } from './disposables.ts'

const LOOK = { name: "Blot're", accent: '#c2410c', accentOnDark: '#ff8a57' }
const LONGEST_USER_NAME = 64

/** What a consent form carries along: `extra_data` is the redirect_uri, or the code of a disposable client. */
export interface Consent {
  response_type: 'code' | 'disposable'
  client_id: string
  extra_data: string
}

export interface Person {
  account: string
  knownAccounts: string[]
}

/** The form has no query, which is how Blot're loses `state`: it looks for it in the query of the form's POST. */
export function consentPage (consent: Consent, application: { name: string, blurb: string }, person: Person): string {
  return servicePage(LOOK, 'Authorize', html`
    <h1><bdi>${application.name}</bdi> would like access to your account</h1>
    <p>${application.blurb}</p>
    <p>Granting access will allow this application to update and create streams for you.</p>
    <form method="post" action="authorize">
      ${hiddenFields({ ...consent })}
      ${accountField('Grant as', person.account, person.knownAccounts, LONGEST_USER_NAME)}
      <div class="buttons">
        <button name="action" value="deny" formnovalidate>Deny</button>
        <button name="action" value="allow" class="allow">Allow</button>
      </div>
    </form>`)
}

export function redeemPage (person: Person, isCodeWrong: boolean): string {
  const wrong = html`<p class="wrong" role="alert">The code you entered is invalid or has expired. Please try again or try generating a new code.</p>`
  return servicePage(LOOK, 'Redeem', html`
    <h1>Redeem</h1>
    <p>Enter the eight-letter code that your application shows. Capitals matter, and it lives ${String(CODE_SECONDS / 60)} minutes.</p>
    ${isCodeWrong ? wrong : ''}
    <form method="post" action="redeem">
      <label for="code">Code</label>
      <input id="code" name="code" autocomplete="off" autocapitalize="none" spellcheck="false" required autofocus>
      ${accountField('Redeem as', person.account, person.knownAccounts, LONGEST_USER_NAME)}
      <div class="buttons"><button class="allow">Redeem</button></div>
    </form>`)
}

export function redeemedPage (): string {
  return servicePage(LOOK, 'Success', html`
    <h1>Way to go!</h1>
    <p>You have successfully authorized the application. Check back with it to see what to do next.</p>
    <p><a href="/">See the screens fill up</a></p>`)
}

export function refusalPage (text: string): string {
  return servicePage(LOOK, 'Authorization error', html`
    <h1>Authorization error</h1>
    <p>${text}</p>
    <p class="hint">Nothing was sent back to the application.</p>`)
}

/** For people who granted access by hand. */
export function grantedPage (landingUrl: string, tokenUrl: string, code: string | undefined): string {
  const command = `curl ${tokenUrl} -d grant_type=authorization_code -d client_id=${CLIENT.id} -d client_secret=${CLIENT.secret} ` +
    `--data-urlencode redirect_uri=${landingUrl} -d code=${code ?? ''}`
  return servicePage(LOOK, 'Done', code === undefined
    ? html`<h1>Denied</h1><p>An application learns it from this page's address.</p>`
    : html`<h1>Granted</h1><p>An application would exchange the code in this page's address:</p><pre>${command}</pre>`)
}

/** How Play itself says that it does not like a request. */
export function statusPage (status: number, text: string): string {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`.trim()
  return servicePage(LOOK, title, html`<h1>${title}</h1><p>${text}</p>`)
}

export function sendPage (reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').send(text)
}

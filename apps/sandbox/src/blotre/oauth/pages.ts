import { STATUS_CODES } from 'node:http'
import { accountField, codePage, consentPage, refusalPage as kitRefusalPage } from '../../kit/pages/consent-page.ts'
import type { Person } from '../../kit/pages/consent-page.ts'
import { html } from '../../kit/pages/html.ts'
import { servicePage } from '../../kit/pages/service-page.ts'
import { CLIENT } from './client.ts'
import { CODE_SECONDS } from './disposables.ts'

const STYLE = { name: "Blot're", accent: '#c2410c', accentOnDark: '#ff8a57' }
const MAX_USER_NAME_LENGTH = 64

/** `extra_data` is the redirect_uri, or the code of a disposable client. */
export interface ConsentFields {
  response_type: 'code' | 'disposable'
  client_id: string
  extra_data: string
}

export function authorizationPage (fields: ConsentFields, application: { name: string, blurb: string }, person: Person): string {
  return consentPage(STYLE, {
    title: 'Authorize',
    heading: html`<bdi>${application.name}</bdi> would like access to your account`,
    explanation: html`<p>${application.blurb}</p>
    <p>Granting access will allow this application to update and create streams for you.</p>`,
    action: 'authorize',
    hidden: { ...fields },
    person,
    maxAccountLength: MAX_USER_NAME_LENGTH,
    decisionField: 'action'
  })
}

export function redeemPage (person: Person, isCodeWrong: boolean): string {
  const wrong = html`<p class="wrong" role="alert">The code you entered is invalid or has expired. Please try again or try generating a new code.</p>`
  return servicePage(STYLE, 'Redeem', html`
    <h1>Redeem</h1>
    <p>Enter the eight-letter code of your application. It is case-sensitive and expires after ${String(CODE_SECONDS / 60)} minutes.</p>
    ${isCodeWrong ? wrong : ''}
    <form method="post" action="redeem">
      <label for="code">Code</label>
      <input id="code" name="code" autocomplete="off" autocapitalize="none" spellcheck="false" required autofocus>
      ${accountField('Redeem as', person, MAX_USER_NAME_LENGTH)}
      <div class="buttons"><button class="allow">Redeem</button></div>
    </form>`)
}

export function redeemedPage (): string {
  return servicePage(STYLE, 'Success', html`
    <h1>Way to go!</h1>
    <p>You have successfully authorized the application. Check back with it to see what to do next.</p>
    <p><a href="/">Open the sandbox's screens</a></p>`)
}

export function refusalPage (text: string): string {
  return kitRefusalPage(STYLE, 'Authorization error', 'Authorization error', text)
}

export function grantedPage (landingUrl: string, tokenUrl: string, code: string | null): string {
  const fields = { grant_type: 'authorization_code', client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uri: landingUrl }
  return codePage(STYLE, { tokenUrl, fields, code })
}

/** The page of Play itself for a request that it refuses. */
export function statusPage (status: number, text: string): string {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`.trim()
  return servicePage(STYLE, title, html`<h1>${title}</h1><p>${text}</p>`)
}

import { html, joinHtml } from './html.ts'
import type { Html } from './html.ts'
import { servicePage } from './service-page.ts'
import type { ServiceStyle } from './service-page.ts'

/** Who acts on a page, instead of a login: simulated users have no passwords. */
export interface Person {
  account: string
  knownAccounts: string[]
}

export interface ConsentPage {
  title: string
  heading: Html
  explanation: Html
  /** Where the form goes. */
  action: string
  /** Sent with the decision. */
  hidden: Record<string, string>
  /** What the person can choose beside Allow and Deny. */
  choices?: Html
  person: Person
  maxAccountLength?: number
  /** The name of the buttons. */
  decisionField?: string
}

/** The page that asks a person to allow or deny access. */
export function consentPage (style: ServiceStyle, page: ConsentPage): string {
  const { title, heading, explanation, action, hidden, choices = html``, person, maxAccountLength, decisionField = 'decision' } = page
  return servicePage(style, title, html`
    <h1>${heading}</h1>
    ${explanation}
    <form method="post" action="${action}">
      ${hiddenFields(hidden)}
      ${choices}
      ${accountField('Grant as', person, maxAccountLength)}
      <div class="buttons">
        <button name="${decisionField}" value="deny" formnovalidate>Deny</button>
        <button name="${decisionField}" value="allow" class="allow">Allow</button>
      </div>
    </form>`)
}

export function refusalPage (style: ServiceStyle, title: string, heading: string, text: string): string {
  return servicePage(style, title, html`
    <h1>${heading}</h1>
    <p>${text}</p>
    <p class="hint">The application received nothing.</p>`)
}

export interface CodePage {
  tokenUrl: string
  fields: Record<string, string>
  /** Null when the person denied access. */
  code: string | null
}

/** Shows a person who grants access without an application how a program exchanges the code. */
export function codePage (style: ServiceStyle, { tokenUrl, fields, code }: CodePage): string {
  if (code === null) return servicePage(style, 'Done', html`<h1>Done</h1><p>The address of this page contains what an application receives.</p>`)
  const data = Object.entries({ ...fields, code }).map(([name, value]) => `--data-urlencode ${name}=${value}`)
  return servicePage(style, 'Granted', html`
    <h1>Granted</h1>
    <p>An application exchanges the code in the address of this page:</p>
    <pre>curl ${tokenUrl} ${data.join(' ')}</pre>`)
}

export function hiddenFields (fields: Record<string, string>): Html {
  return joinHtml(Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`))
}

export function accountField (label: string, person: Person, maxLength = 100): Html {
  return html`${knownAccountField(label, person, maxLength)}
      <p class="hint">Enter any name. A new name creates an account.</p>`
}

/** For actions that only an existing account can take. */
export function knownAccountField (label: string, { account, knownAccounts }: Person, maxLength = 100): Html {
  return html`<label for="account">${label}</label>
      <input id="account" name="account" value="${account}" list="known" maxlength="${String(maxLength)}" autocomplete="off" spellcheck="false" required>
      <datalist id="known">${joinHtml(knownAccounts.map((name) => html`<option value="${name}">`))}</datalist>`
}

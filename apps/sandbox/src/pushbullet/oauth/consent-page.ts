import { html } from '../../kit/pages/html.ts'
import { accountField, hiddenFields, servicePage } from '../../kit/pages/service-page.ts'
import { CLIENT } from './client.ts'

const LOOK = { name: 'Pushbullet', accent: '#1f8a4c', accentOnDark: '#5fd693' }

/** Asks a person; `asked` goes into the form unchanged and comes back with the decision. */
export function consentPage (asked: object, account: string, knownAccounts: string[]): string {
  const fields = Object.entries(asked).filter((field): field is [string, string] => typeof field[1] === 'string')
  return servicePage(LOOK, 'Authorize', html`
    <h1>${CLIENT.name} wants to access your Pushbullet account</h1>
    <p>It will be able to send you pushes and to read your account.</p>
    <form method="post" action="authorize">
      ${hiddenFields(Object.fromEntries(fields))}
      ${accountField('Grant as', account, knownAccounts)}
      <div class="buttons">
        <button name="decision" value="deny" formnovalidate>Deny</button>
        <button name="decision" value="allow" class="allow">Allow</button>
      </div>
    </form>`)
}

export function refusalPage (fault: string): string {
  return servicePage(LOOK, 'Something is wrong', html`
    <h1>This request cannot be granted</h1>
    <p>${fault}</p>
    <p class="hint">Nothing was sent back to the application.</p>`)
}

/** The token is in the address's fragment, which no server gets to see. */
export function landingPage (): string {
  return servicePage(LOOK, 'Done', html`
    <h1>Decided</h1>
    <p>What the application would get stands at the end of this page's address.</p>
    <p><a href="/">See the screens fill up</a></p>`)
}

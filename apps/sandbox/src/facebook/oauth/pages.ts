import { codePage, consentPage, knownAccountField, refusalPage as kitRefusalPage } from '../../kit/pages/consent-page.ts'
import type { Person } from '../../kit/pages/consent-page.ts'
import { html, joinHtml } from '../../kit/pages/html.ts'
import type { Html } from '../../kit/pages/html.ts'
import { servicePage } from '../../kit/pages/service-page.ts'
import { CLIENT } from './client.ts'
import { PERMISSIONS, UNDECLINABLE } from './permissions.ts'

const STYLE = { name: 'Facebook', accent: '#1664d9', accentOnDark: '#7fb0ff' }

export interface Dialog {
  hidden: Record<string, string>
  person: Person
  /** The permissions that the dialog asks for. */
  offered: string[]
}

export function dialogPage ({ hidden, person, offered }: Dialog): string {
  return consentPage(STYLE, {
    title: 'Log in with Facebook',
    heading: html`${CLIENT.name} wants to access your Facebook account`,
    explanation: html`<p>It asks for the selected permissions. Clear those that you decline.</p>`,
    action: 'oauth',
    hidden,
    choices: joinHtml(offered.map(permissionField)),
    person
  })
}

export function refusalPage (text: string): string {
  return kitRefusalPage(STYLE, 'Error', 'Something went wrong', text)
}

export function landingPage (landingUrl: string, tokenUrl: string, code: string | null): string {
  const fields = { client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uri: landingUrl }
  return codePage(STYLE, { tokenUrl, fields, code })
}

export function settingsPage (person: Person, outcome?: string): string {
  return servicePage(STYLE, 'Apps and websites', html`
    <h1>Apps and websites</h1>
    ${outcome === undefined ? '' : html`<p role="status">${outcome}</p>`}
    <p>Remove ${CLIENT.name}. It loses access at once, and Facebook notifies the address in its settings.</p>
    <form method="post" action="settings">
      ${knownAccountField('Remove from the account of', person)}
      <p><label><input type="checkbox" name="deleteData" value="true" style="width:auto"> Ask it to delete my data too</label></p>
      <div class="buttons"><button class="allow">Remove</button></div>
    </form>`)
}

function permissionField (name: string): Html {
  const text = PERMISSIONS.get(name) ?? name
  if (name === UNDECLINABLE) return html`<p class="hint">${text} (always)</p>`
  return html`<p><label><input type="checkbox" name="grant" value="${name}" checked style="width:auto"> ${text} <small>${name}</small></label></p>`
}

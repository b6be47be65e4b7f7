import type { FastifyReply } from 'fastify'
import { Html, html } from '../../kit/pages/html.ts'
import { accountField, hiddenFields, knownAccountField, servicePage } from '../../kit/pages/service-page.ts'
import { CLIENT } from './client.ts'
import { PERMISSIONS, UNDECLINABLE } from './permissions.ts'

const LOOK = { name: 'Facebook', accent: '#1664d9', accentOnDark: '#7fb0ff' }

export interface Dialog {
  /** Goes into the form unchanged and comes back with the decision. */
  carried: Record<string, string>
  account: string
  knownAccounts: string[]
  /** The permissions that are asked for. */
  offered: string[]
}

export function dialogPage ({ carried, account, knownAccounts, offered }: Dialog): string {
  return servicePage(LOOK, 'Log in with Facebook', html`
    <h1>${CLIENT.name} wants to access your Facebook account</h1>
    <p>It asks for what is ticked here. Untick what it shall not have.</p>
    <form method="post" action="oauth">
      ${hiddenFields(carried)}
      ${new Html(offered.map((name) => permissionField(name).text).join(''))}
      ${accountField('Grant as', account, knownAccounts)}
      <div class="buttons">
        <button name="decision" value="deny" formnovalidate>Deny</button>
        <button name="decision" value="allow" class="allow">Allow</button>
      </div>
    </form>`)
}

export function refusalPage (fault: string): string {
  return servicePage(LOOK, 'Error', html`
    <h1>Something went wrong</h1>
    <p>${fault}</p>
    <p class="hint">Nothing was sent back to the app.</p>`)
}

/** For people who grant access by hand. */
export function landingPage (landingUrl: string, tokenUrl: string, code: string | null): string {
  const command = `curl ${tokenUrl} -d client_id=${CLIENT.id} -d client_secret=${CLIENT.secret} ` +
    `--data-urlencode redirect_uri=${landingUrl} -d code=${code ?? ''}`
  return servicePage(LOOK, 'Success', code === null
    ? html`<h1>Decided</h1><p>What an app would get stands in this page's address.</p>`
    : html`<h1>Success</h1><p>An app would exchange the code in this page's address:</p><pre>${command}</pre>`)
}

export function settingsPage (account: string, knownAccounts: string[], told?: string): string {
  return servicePage(LOOK, 'Apps and websites', html`
    <h1>Apps and websites</h1>
    ${told === undefined ? '' : html`<p role="status">${told}</p>`}
    <p>Remove ${CLIENT.name}: it loses access at once, and is told so if its settings name an address.</p>
    <form method="post" action="settings">
      ${knownAccountField('Remove from the account of', account, knownAccounts)}
      <p><label><input type="checkbox" name="deleteData" value="true" style="width:auto"> Ask it to delete my data too</label></p>
      <div class="buttons"><button class="allow">Remove</button></div>
    </form>`)
}

export function sendPage (reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).send(text)
}

function permissionField (name: string): Html {
  const text = PERMISSIONS.get(name) ?? name
  if (name === UNDECLINABLE) return html`<p class="hint">${text} (always)</p>`
  return html`<p><label><input type="checkbox" name="grant" value="${name}" checked style="width:auto"> ${text} <small>${name}</small></label></p>`
}

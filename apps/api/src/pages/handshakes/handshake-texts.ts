import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import type { Site } from '../../services.ts'
import { foreign, html } from '../html.ts'
import type { Html } from '../html.ts'

/** The heading of every start page: what is connected, and for whom. */
export function headingOf (handshake: Handshake, { name }: Provider, site: Site): Html {
  return html`Connect ${name} ${forWhom(handshake, site)}`
}

/** The user or the team that will hold the connection. */
export function forWhom ({ userName, team }: Handshake, site: Site): Html {
  const at = html`at <em>${foreign(site.name)}</em>`
  if (team !== null) return html`for team <strong>${foreign(team.name)}</strong> ${at}`
  return userName === null ? html`to your account ${at}` : html`to <strong>${foreign(userName)}</strong> ${at}`
}

/** The account at the site, with the id that the site gave it. Users can choose each other's display name, but not the id. */
export function identityOf ({ userName, userExternalId, team }: Handshake, site: Site): Html {
  const user = html`${userName === null ? '' : html`<strong>${foreign(userName)}</strong> · `}id <strong>${foreign(userExternalId)}</strong>`
  const account = html`Account at ${foreign(site.name)}: ${user}.`
  return team === null ? account : html`Team: <strong>${foreign(team.name)}</strong> · id <strong>${foreign(team.externalId)}</strong>. ${account}`
}

/** Warns people who were sent the link of another user. */
export function warningOf (handshake: Handshake, site: Site): Html {
  return html`${identityOf(handshake, site)} If this is not your account, another person sent you their link: do not continue.`
}

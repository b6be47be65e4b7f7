import type { Handshake } from '@carillon/shared/handshakes'
import type { Provider } from '@carillon/shared/providers'
import { foreign, html } from './html.ts'
import type { Html } from './html.ts'
import type { Site } from '../services.ts'

/** Who connects what, and for whom: the heading of every start page. */
export function headingOf (handshake: Handshake, { name }: Provider, site: Site): Html {
  return html`Connect ${name} ${forWhom(handshake, site)}`
}

/** The user or the team that is going to hold the connection. */
export function forWhom ({ userName, team }: Handshake, site: Site): Html {
  const at = html`at <em>${foreign(site.name)}</em>`
  if (team !== null) return html`for team <strong>${foreign(team.name)}</strong> ${at}`
  return userName === null ? html`to your account ${at}` : html`to <strong>${foreign(userName)}</strong> ${at}`
}

/**
 * The account at the site by the id that the site gave it. Users can choose the display name of another user, so the id is what
 * tells whose link this is.
 */
export function identityOf ({ userName, userExternalId, team }: Handshake, site: Site): Html {
  const user = html`${userName === null ? '' : html`<strong>${foreign(userName)}</strong> · `}id <strong>${foreign(userExternalId)}</strong>`
  const account = html`Account at ${foreign(site.name)}: ${user}.`
  return team === null ? account : html`Team: <strong>${foreign(team.name)}</strong> · id <strong>${foreign(team.externalId)}</strong>. ${account}`
}

/** For people who were sent the link of another user. */
export function warningOf (handshake: Handshake, site: Site): Html {
  return html`${identityOf(handshake, site)} If this is not your account, somebody sent you their link: do not continue.`
}

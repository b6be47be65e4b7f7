import type { Handshake } from '@carillon/shared/connections'
import type { Provider } from '@carillon/shared/providers'
import { html } from '../pages/html.ts'
import type { Html } from '../pages/html.ts'
import type { Site } from '../services.ts'

/** Who is about to connect what, and for whom: the first thing that every start page says. */
export function headingOf ({ userName, team }: Handshake, { name }: Provider, site: Site): Html {
  return team === null
    ? html`Connect ${name} to <strong>${userName}</strong> at <em>${site.name}</em>`
    : html`Connect ${name} for team <strong>${team.name}</strong> at <em>${site.name}</em>`
}

/** For whoever has been sent somebody else's link. */
export function notThemselves ({ userName, team }: Handshake): Html {
  return team === null
    ? html`Are you not ${userName}?`
    : html`<strong>${userName}</strong>, who owns the team, connects it. Are you not ${userName}?`
}

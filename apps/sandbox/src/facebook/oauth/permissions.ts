/** What an app can ask for here, and how the dialog puts it. There is no way to decline the public profile. */
export const PERMISSIONS: ReadonlyMap<string, string> = new Map([
  ['public_profile', 'Your name'],
  ['email', 'Your e-mail address'],
  ['ads_read', 'Read the figures of your ad accounts'],
  ['ads_management', 'Manage your ad accounts'],
  ['business_management', 'Manage your businesses'],
  ['pages_show_list', 'A list of your Pages'],
  ['read_insights', 'Read the insights of your Pages']
])

export const UNDECLINABLE = 'public_profile'

export type PermissionStatus = 'granted' | 'declined'

/** Commas are documented, spaces are taken too. */
export function splitScope (scope: string): string[] {
  return [...new Set(scope.split(/[\s,]+/).filter((name) => name !== ''))]
}

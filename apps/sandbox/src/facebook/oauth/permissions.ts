/** The permissions and their names in the dialog. A person cannot decline the public profile. */
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

/** Facebook documents commas, and accepts spaces too. */
export function splitScope (scope: string): string[] {
  return [...new Set(scope.split(/[\s,]+/).filter((name) => name !== ''))]
}

export interface Addresses {
  apiUrl: string
  sandboxUrl: string | null
  operatorKey: string
  /** Where data and jobs are stored, as a phrase. */
  database: string
  jobs: string
  upFile: string
}

const tryThis = [
  'Try this in another terminal:',
  '',
  '  carillon demo        connects a simulated account, sends a notification, and shows what arrived',
  '  carillon demo link   prints a page on which a user connects accounts',
  ''
]

/** The lines that `up` prints when everything has started. */
export function greeting (addresses: Addresses): string[] {
  const { apiUrl, sandboxUrl, operatorKey, database, jobs, upFile } = addresses
  return [
    '',
    'Carillon is up.',
    '',
    `  API           ${apiUrl}   (reference: ${apiUrl}/docs)`,
    ...(sandboxUrl === null ? [] : [`  Sandbox       ${sandboxUrl}   (shows each account's screen)`]),
    `  Database      ${database}`,
    `  Jobs          ${jobs}`,
    `  Operator key  ${operatorKey}`,
    `  For programs  ${upFile}`,
    '',
    ...(sandboxUrl === null ? [] : tryThis),
    'Ctrl-C stops everything; the data stays.'
  ]
}

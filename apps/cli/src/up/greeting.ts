export interface Addresses {
  apiUrl: string
  sandboxUrl: string | null
  operatorKey: string
  /** Where the data is, in words. */
  database: string
  jobs: string
  upFile: string
}

/** What `up` says when everything answers. The last lines can be pasted into a shell. */
export function greeting ({ apiUrl, sandboxUrl, operatorKey, database, jobs, upFile }: Addresses): string[] {
  return [
    '',
    'Carillon is up.',
    '',
    `  API           ${apiUrl}`,
    ...(sandboxUrl ? [`  Sandbox       ${sandboxUrl}`] : []),
    `  Database      ${database}`,
    `  Jobs          ${jobs}`,
    `  Operator key  ${operatorKey}`,
    `  For programs  ${upFile}`,
    '',
    'Ctrl-C stops all of it; the data stays.'
  ]
}

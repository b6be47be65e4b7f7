import { exampleProvider } from '@carillon/shared/providers'

export interface Addresses {
  apiUrl: string
  sandboxUrl: string | null
  operatorKey: string
  /** Where data and jobs are stored, as a phrase. */
  database: string
  jobs: string
  upFile: string
}

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
    ...(sandboxUrl === null ? [] : tryThis({ apiUrl, sandboxUrl, operatorKey })),
    'Ctrl-C stops everything; the data stays.'
  ]
}

/** Uses only curl and node, so that the commands work wherever Carillon does. */
function tryThis ({ apiUrl, sandboxUrl, operatorKey }: { apiUrl: string, sandboxUrl: string, operatorKey: string }): string[] {
  const json = "-H 'content-type: application/json'"
  const asOperator = `-H 'authorization: Bearer ${operatorKey}' ${json}`
  const body = (value: object) => `-d '${JSON.stringify(value)}'`
  const message = { type: 'note', title: 'Hello Alice', body: 'This is your first notification.' }
  const toImport = '({data: [{accessToken}]}) => ' +
    `console.log(JSON.stringify({connections: [{userId: "alice", provider: "${exampleProvider}", credentials: {accessToken}}]}))`
  const toLink = `({token}) => fetch("${apiUrl}/v1/handshakes", {method: "POST", ` +
    `headers: {authorization: "Bearer " + token, "content-type": "application/json"}, body: JSON.stringify({provider: "${exampleProvider}"})})` +
    '.then((response) => response.json()).then(({startUrl}) => console.log(startUrl))'
  const withInput = (script: string) => `node -e '(${script})(JSON.parse(require("fs").readFileSync(0)))'`
  return [
    'Try this in another terminal: connect a simulated account of Alice, send her a notification, see what arrived.',
    '',
    `curl -s ${sandboxUrl}/_control/accounts ${json} ${body({ provider: exampleProvider, count: 1 })} | ${withInput(toImport)} | ` +
      `curl -s ${apiUrl}/v1/connections/import ${asOperator} -d @-; echo`,
    `curl -s ${apiUrl}/v1/notifications ${asOperator} ${body({ audience: { userIds: ['alice'] }, message })}; echo`,
    `sleep 1; curl -s '${sandboxUrl}/_control/inbox?provider=${exampleProvider}'; echo`,
    '',
    'This prints a link on which Bob connects an account. Open it in a browser:',
    '',
    `curl -s ${apiUrl}/v1/user-tokens ${asOperator} ${body({ userId: 'bob' })} | ${withInput(toLink)}`,
    ''
  ]
}

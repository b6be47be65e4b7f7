export interface Addresses {
  apiUrl: string
  sandboxUrl: string | null
  operatorKey: string
  /** Where data and jobs are, in words. */
  database: string
  jobs: string
  upFile: string
}

/** What `up` says when everything answers. */
export function greeting (addresses: Addresses): string[] {
  const { apiUrl, sandboxUrl, operatorKey, database, jobs, upFile } = addresses
  return [
    '',
    'Carillon is up.',
    '',
    `  API           ${apiUrl}   (reference: ${apiUrl}/docs)`,
    ...(sandboxUrl === null ? [] : [`  Sandbox       ${sandboxUrl}   (what arrives on the users' screens)`]),
    `  Database      ${database}`,
    `  Jobs          ${jobs}`,
    `  Operator key  ${operatorKey}`,
    `  For programs  ${upFile}`,
    '',
    ...(sandboxUrl === null ? [] : tryThis({ apiUrl, sandboxUrl, operatorKey })),
    'Ctrl-C stops all of it; the data stays.'
  ]
}

/** Needs curl and node alone, so that it works wherever Carillon does. */
function tryThis ({ apiUrl, sandboxUrl, operatorKey }: { apiUrl: string, sandboxUrl: string, operatorKey: string }): string[] {
  const json = "-H 'content-type: application/json'"
  const asOperator = `-H 'authorization: Bearer ${operatorKey}' ${json}`
  const body = (value: object) => `-d '${JSON.stringify(value)}'`
  const message = { type: 'note', title: 'Hello Alice', body: 'Ding dong' }
  const toImport = '({data: [{accessToken}]}) => ' +
    'console.log(JSON.stringify({connections: [{userId: "alice", provider: "pushbullet", credentials: {accessToken}}]}))'
  const toLink = `({token}) => fetch("${apiUrl}/v1/handshakes", {method: "POST", ` +
    'headers: {authorization: "Bearer " + token, "content-type": "application/json"}, body: JSON.stringify({provider: "pushbullet"})})' +
    '.then((answer) => answer.json()).then(({startUrl}) => console.log(startUrl))'
  const withInput = (script: string) => `node -e '(${script})(JSON.parse(require("fs").readFileSync(0)))'`
  return [
    'Try this in another terminal: connect a simulated account of Alice, ring her, see what arrived.',
    '',
    `curl -s ${sandboxUrl}/_control/accounts ${json} ${body({ provider: 'pushbullet', count: 1 })} | ${withInput(toImport)} | ` +
      `curl -s ${apiUrl}/v1/connections/import ${asOperator} -d @-; echo`,
    `curl -s ${apiUrl}/v1/notifications ${asOperator} ${body({ audience: { userIds: ['alice'] }, message })}; echo`,
    `sleep 1; curl -s '${sandboxUrl}/_control/inbox?provider=pushbullet'; echo`,
    '',
    'This prints a link on which Bob connects an account himself; open it in a browser:',
    '',
    `curl -s ${apiUrl}/v1/user-tokens ${asOperator} ${body({ userId: 'bob' })} | ${withInput(toLink)}`,
    ''
  ]
}

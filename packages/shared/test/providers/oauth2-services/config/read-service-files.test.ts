import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError, loadDeployment } from '../../../../src/config/index.ts'
import { createProviders } from '../../../../src/providers/index.ts'

const folder = await mkdtemp(join(tmpdir(), 'oauth2-services-'))
t.teardown(() => rm(folder, { recursive: true }))

const ref = (variable: string): string => ['$', '{', variable, '}'].join('')
const send = { url: 'https://api.example/notes', body: { text: '{{ text }}' } }
const acme = {
  id: 'acme', name: 'Acme', issuer: 'https://id.example', clientId: 'carillon', clientSecret: ref('ACME_SECRET'), scope: 'openid notes', identity: { from: 'idToken' }, send
}
const env = { ACME_SECRET: 'hush-hush' }

/** The errors of a deployment with these files, without the name of the folder. */
async function errorsOf (files: Record<string, unknown>, more: Record<string, string> = env): Promise<string[]> {
  try {
    await load(files, more)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.errors.map((line) => line.replaceAll(`${folder}/`, ''))
  }
}

async function load (files: Record<string, unknown>, more: Record<string, string> = env) {
  const paths = await Promise.all(Object.entries(files).map(async ([name, content]) => {
    const path = join(folder, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }))
  return loadDeployment({ ...more, OAUTH2_PROVIDERS: paths.join(',') })
}

t.test('offers each service as a provider after those of the registry', async (t) => {
  const yaml = 'id: beta\nname: Beta Board\naccounts: many\nauthorizationEndpoint: https://b.example/a\ntokenEndpoint: https://b.example/t\n' +
    'tokenAuthMethod: none\nclientId: c\nmaxPerSecond: 7\nidentity: { from: tokenResponse, id: /user/id, name: [/user/name] }\n'
  const { config, definitions } = await load({ 'acme.json': acme, 'beta.yaml': yaml })
  t.match(definitions.slice(-2), [{ id: 'acme', name: 'Acme', accounts: 'one' }, { id: 'beta', name: 'Beta Board', accounts: 'many' }])
  const providers = createProviders(config, definitions)
  t.same([...providers.keys()], ['acme', 'beta'])
  t.same(providers.get('acme')?.origins, ['https://id.example', 'https://api.example'])
  t.ok(providers.get('acme')?.send)
  t.equal(providers.get('beta')?.send, undefined)
  t.equal(definitions.at(-1)?.maxPerSecond({}), 7)
})

t.test('names the file and the member of every error', async (t) => {
  const { identity, ...withoutIdentity } = acme
  const rows: Array<[what: string, document: object, errors: RegExp[]]> = [
    ['nothing', {}, [/id is missing/, /name is missing/, /identity is missing/, /clientId is missing/, /clientSecret is missing/, /authorizationEndpoint is missing.*Or give an issuer/, /tokenEndpoint is missing/]],
    ['an unknown member', { ...acme, clientID: 'x' }, [/^acme\.json: clientID is not a known member$/]],
    ['a wrong id', { ...acme, id: 'Acme Inc' }, [/id is "Acme Inc"; it takes a literal of 2 to 30/]],
    ['an id from the environment', { ...acme, id: ref('ACME_SECRET') }, [/id refers to ACME_SECRET, which is not set/]],
    ['an id that is taken', { ...acme, id: 'facebook' }, [/id is "facebook", which another provider has/]],
    ['a plain issuer', { ...acme, issuer: 'http://id.example' }, [/issuer is "http:\/\/id.example"; it takes a URL that starts with https/]],
    ['an issuer with a query', { ...acme, issuer: 'https://id.example?a' }, [/issuer is/]],
    ['a password in a URL', { ...acme, tokenEndpoint: 'https://u:p@id.example/t' }, [/tokenEndpoint is/]],
    ['a wrong choice', { ...acme, pkce: 'plain' }, [/pkce is "plain"; it takes S256, off/]],
    ['a variable that is not set', { ...acme, clientId: ref('NOT_SET') }, [/clientId refers to NOT_SET, which is not set/]],
    ['a variable of Carillon', { ...acme, clientSecret: ref('CARILLON_KEYS') }, [/clientSecret refers to CARILLON_KEYS, which is not set/, /refers to CARILLON_KEYS, which belongs to Carillon/]],
    ['no identity', withoutIdentity, [/identity is missing/]],
    ['a wrong pointer', { ...acme, identity: { from: 'userinfo', id: 'sub' } }, [/identity\.id is "sub"; it takes a JSON pointer/]],
    ['a missing pointer', { ...acme, identity: { from: 'tokenResponse' } }, [/identity\.id is missing/]],
    ['an id_token without an issuer', { ...acme, issuer: undefined, authorizationEndpoint: 'https://a.example/', tokenEndpoint: 'https://a.example/t', requireIss: true },
      [/requireIss needs an issuer/, /identity\.from is "idToken", which needs an issuer/, /jwksUri is missing/]],
    ['a parameter of ours', { ...acme, authorizeParameters: { state: 'x', prompt: 'consent' } }, [/authorizeParameters\.state is set by Carillon/]],
    ['a secret that is not used', { ...acme, tokenAuthMethod: 'none' }, [/clientSecret is not used by the tokenAuthMethod none/]],
    ['no private key', { ...acme, tokenAuthMethod: 'private_key_jwt' }, [/clientSecret is not used/, /privateKey is missing/]],
    ['a wrong private key', { ...acme, clientSecret: undefined, tokenAuthMethod: 'private_key_jwt', privateKey: 'nonsense' }, [/privateKey is not right; it takes a private key in PEM/]],
    ['a flag that is text', { ...acme, requireIss: 'yes' }, [/requireIss takes true or false/]],
    ['a number that is too large', { ...acme, maxPerSecond: 1e9 }, [/maxPerSecond is 1000000000; it takes/]],
    ['a send without url', { ...acme, send: { body: {} } }, [/send\.url is missing/]],
    ['a value in the host', { ...acme, send: { ...send, url: 'https://{{ title }}.example/' } }, [/send\.url has values before its path/]],
    ['a value in the query', { ...acme, send: { ...send, url: 'https://api.example/?q={{ title }}' } }, [/send\.url has values in its query/]],
    ['a plain send', { ...acme, send: { ...send, url: 'http://api.example/' } }, [/send\.url takes a URL that starts with https/]],
    ['a wrong template', { ...acme, send: { ...send, body: { a: '{{ text | nonsense }}' } } }, [/send\.body undefined filter: nonsense/]],
    ['an unknown value', { ...acme, send: { ...send, body: { a: '{{ subject }}' } } }, [/send\.body uses subject, which is not a value; there are type, title/]],
    ['our own header', { ...acme, send: { ...send, headers: { Authorization: 'Basic x' } } }, [/send\.headers\.Authorization is set by Carillon/]],
    ['a value in a header', { ...acme, send: { ...send, headers: { 'x-title': '{{ title }}' } } }, [/send\.headers contain no values/]],
    ['an idempotent send without key', { ...acme, send: { ...send, idempotent: true } }, [/send\.idempotent needs \{\{ key \}\}/]],
    ['a rule without kind', { ...acme, send: { ...send, classify: [{ status: 404 }, { status: 40, kind: 'gone' }] } }, [/send\.classify\[0\]\.kind is missing; it takes sent, transient/, /send\.classify\[1\]\.status is 40; it takes a status/, /send\.classify\[1\]\.status is missing; a rule needs/]],
    ['a rule without condition', { ...acme, send: { ...send, classify: [{ kind: 'gone', matches: '(' }] } }, [/classify\[0\]\.matches .*it takes a regular expression/, /classify\[0\]\.status is missing/]],
    ['an end of no limit', { ...acme, send: { ...send, classify: [{ status: 404, kind: 'gone', until: { header: 'a', pointer: '/b' } }] } }, [/until\.header or pointer/, /classify\[0\]\.until belongs to the kind rateLimited/]],
    ['a list where an object is due', { ...acme, send: [] }, [/send takes an object/, /send\.url is missing/]]
  ]
  for (const [what, document, expected] of rows) {
    const errors = await errorsOf({ 'acme.json': document })
    t.equal(errors.length, expected.length, `${what}: ${errors.join(' | ')}`)
    for (const pattern of expected) t.ok(errors.some((error) => pattern.test(error)), `${what}: ${String(pattern)} in ${errors.join(' | ')}`)
    t.ok(errors.every((error) => error.startsWith('acme.json: ')), 'each error names the file')
  }
})

t.test('reports the errors of all files and of the variables at once, without secrets', async (t) => {
  const secrets = { ACME_SECRET: 'hush-hush', ISSUER: 'hush-issuer', PORT: 'many' }
  const errors = await errorsOf({ 'one.json': { ...acme, issuer: ref('ISSUER') }, 'two.yaml': 'id: [', 'three.json': '{"clientSecret": "hush-hush"', 'four.yaml': 'id: gamma\nid: delta\n' }, secrets)
  t.match(errors, [/^PORT is "many"/, /^one\.json: issuer is "\$\{ISSUER\}"; it takes/, /^two\.yaml: is not YAML/, /^three\.json: is not JSON/, /^four\.yaml: is not YAML/])
  t.equal(errors.length, 5)
  t.notMatch(errors.join('\n'), 'hush')
})

t.test('reports a file that cannot be read, and two services with one id', async (t) => {
  t.match(await errorsOf({}, { OAUTH2_PROVIDERS: '' }), [])
  t.throws(() => loadDeployment({ OAUTH2_PROVIDERS: join(folder, 'none.json') }), { message: /none\.json: cannot be read \(ENOENT\)/ })
  t.match(await errorsOf({ 'acme.json': acme, 'again.json': acme }), [/^again\.json: id is "acme", which another provider has/])
})

import t from 'tap'
import { at, openTestApi } from '../open-api.ts'
import { connectUsers, noteTo } from './seed.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'facebook'] })
const token = await api.makeKey()
const connections = await connectUsers(api, ['ann'])
const { body: made } = await api.ask('POST', '/v1/notifications', { token, body: noteTo('ann') })
const contract = (await api.ask('GET', '/openapi.json')).body

const odd = [
  'Infinity', '-Infinity', '+Infinity', 'NaN', '1e400', '-1e400', '1e2', '0x10', '0b1', '1.0', '1.5', '', ' ', ' 5', '5 ', '+5', '-1', '0', '201',
  '9007199254740993', '999999999999999999999999', '\u0665', 'true', 'null', '[]', '1,2', '50&limit=50', "1'", '%00'
]

/** All query parameters that are integers, dates or cursors, by route. */
const parameters = Object.entries(at(contract, 'paths') ?? {}).flatMap(([path, methods]) => Object.entries(methods ?? {}).flatMap(([method, operation]) =>
  Object.values(at(operation, 'parameters') ?? {}).flatMap((parameter) => {
    const [name, type, format] = [at(parameter, 'name'), at(parameter, 'schema.type'), at(parameter, 'schema.format')]
    const isMeant = type === 'integer' || format === 'date' || name === 'cursor'
    return method === 'get' && at(parameter, 'in') === 'query' && isMeant ? [{ path, name: String(name), type, format }] : []
  })))

const concrete = (path: string) => path.replace('{teamId}', 'crew').replace('{provider}', 'facebook').replace('{name}', 'insights')
  .replace('{id}', path.includes('connections') ? String(connections.get('ann')) : String(at(made, 'id'))).replaceAll(/[{}]/g, '')

t.test('finds all parameters', async (t) => {
  const names = parameters.map(({ name }) => name)
  for (const name of ['limit', 'since', 'until', 'cursor']) t.ok(names.includes(name), name)
  t.ok(parameters.length >= 10, `${parameters.length} of them`)
})

t.test('accepts an integer in its range, and names the parameter when it refuses anything else', async (t) => {
  for (const { path, name } of parameters.filter(({ type }) => type === 'integer')) {
    for (const value of odd) {
      const { status, body } = await api.ask('GET', `${concrete(path)}?${name}=${value.startsWith('50&') || value === '%00' ? value : encodeURIComponent(value)}`, { token })
      t.match([status, at(body, 'errors.0.path')], [400, name], `${path} ${name}=${value}`)
    }
    for (const value of ['1', '200', '007']) {
      const { status, body } = await api.ask('GET', `${concrete(path)}?${name}=${value}`, { token })
      t.not(at(body, 'errors.0.path'), name, `${path} ${name}=${value}`)
      t.ok(status < 500)
    }
  }
})

t.test('refuses invalid dates and cursors, and fails for none', async (t) => {
  const dates = [
    '0000-01-01', '10000-01-01', '-0001-01-01', '2026-02-30', '2026-13-01', '20260101', '2026-01-01T00:00:00Z', 'infinity', '-infinity', 'today', 'epoch', '1e9'
  ]
  const dateCursor = Buffer.from('9999-99-99 a').toString('base64url')
  const cursors = [...odd.filter((value) => value !== ''), ...dates, 'AAAAAAAAAAAAAAAAAAAAAA==', dateCursor]
  // These cursors hold ids of the site, which may be any text.
  const bySiteId = ['/v1/users', '/v1/teams']
  for (const { path, name, format } of parameters.filter(({ type }) => type !== 'integer')) {
    const refused = bySiteId.includes(path) ? cursors.filter((value) => value !== dateCursor) : cursors
    for (const value of format === 'date' ? dates : refused) {
      const { status } = await api.ask('GET', `${concrete(path)}?${name}=${encodeURIComponent(value)}`, { token })
      t.ok(status >= 400 && status < 500, `${path} ${name}=${value} is ${status}`)
    }
    if (format !== 'date') continue
    for (const value of ['0001-01-01', '9999-12-31', '2024-02-29']) {
      t.ok((await api.ask('GET', `${concrete(path)}?${name}=${value}`, { token })).status < 500, value)
    }
  }
})

t.test('refuses numbers and times in bodies that are out of range', async (t) => {
  const numbers = ['1e400', '-1e400', '1e15', '1.5', '-1', '0', '"60"', 'null', '[60]', '9007199254740993']
  for (const number of numbers) {
    const asked = await api.ask('POST', '/v1/user-tokens', { token, body: `{"userId":"ann","expiresIn":${number}}` })
    t.match([asked.status, at(asked.body, 'errors.0.path')], [400, 'expiresIn'], number)
    const spread = await api.ask('POST', '/v1/notifications', { token, body: `{"spreadOver":${number},${JSON.stringify(noteTo('ann')).slice(1)}` })
    t.match([spread.status, at(spread.body, 'errors.0.path')], [400, 'spreadOver'], number)
  }
  const moments = [
    '0000-01-01T00:00:00Z', '0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59', '9999-12-31T23:59:59Z', '1969-12-31T23:59:59Z', '2026-06-30T23:59:60Z',
    '+275760-09-13T00:00:00Z', 'infinity', 'now', '1e400', ''
  ]
  for (const name of ['sendAt', 'expiresAt']) {
    for (const moment of moments) {
      const answer = await api.ask('POST', '/v1/notifications', { token, body: { ...noteTo('ann'), [name]: moment } })
      t.match([answer.status, at(answer.body, 'errors.0.path')], [400, name], `${name} ${moment}`)
    }
  }
})

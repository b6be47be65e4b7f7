import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { colorOf, createColors } from '../src/colors.ts'
import { table } from '../src/notifications/output/table.ts'
import { describeStatus } from '../src/operator/describe-status.ts'
import { wrapText } from '../src/operator/wrap-text.ts'
import { openTerminal, terminalMissing } from './open-terminal.ts'
import { runCarillon } from './run-carillon.ts'

/** `carillon doctor` checks nothing else while a variable is not valid. */
const env = { PORT: 'web', TERM: 'xterm' }
const plain = 'error: configuration: PORT'
const red = '\u001b[31merror\u001b[39m: configuration: PORT'

t.test('only a terminal gets colors, unless a variable decides otherwise', async (t) => {
  const terminal = { isTTY: true }
  const cases: Array<[output: { isTTY?: boolean }, env: Record<string, string>, hasColors: boolean]> = [
    [terminal, {}, true],
    [terminal, { CI: '1' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '', FORCE_COLOR: '' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [terminal, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [{}, {}, false],
    [{ isTTY: false }, { CI: 'true' }, false],
    [{}, { FORCE_COLOR: '1' }, true],
    [{}, { FORCE_COLOR: 'false' }, false]
  ]
  for (const [output, variables, hasColors] of cases) {
    t.equal(createColors(output, variables).isColorSupported, hasColors, JSON.stringify({ ...output, ...variables }))
  }
})

t.test('writes no escape sequence into a pipe, not even in CI', async (t) => {
  const { code, stdout, stderr } = await runCarillon(['doctor'], { ...env, CI: '1' })
  t.equal(code, 1)
  t.match(stdout, plain)
  t.notMatch(stdout + stderr, '\u001b')
  t.match((await runCarillon(['doctor'], { ...env, FORCE_COLOR: '1' })).stdout, red, 'unless it is asked to')
})

t.test('colors states in a terminal, and obeys NO_COLOR there', { skip: terminalMissing }, async (t) => {
  const colored = await openTerminal(t, ['doctor'], env)
  await colored.see(/configuration: PORT/)
  t.match(await colored.ended(), { code: 1 })
  t.match(colored.output(), red)
  const without = await openTerminal(t, ['doctor'], { ...env, NO_COLOR: '1' })
  await without.see(/configuration: PORT/)
  t.match(await without.ended(), { code: 1 })
  t.match(without.output(), plain)
  t.notMatch(without.output(), '\u001b')
})

t.test('colors change neither columns nor the length of lines', async (t) => {
  const [colors, none] = [createColors({ isTTY: true }, {}), createColors({}, {})]
  const rows = ({ red }: typeof colors) => table([['NAME', 'STATE', 'DUE'], ['a', red('failing'), '1'], ['long name', 'works', red('100')]], [1, 2])
  t.same(rows(colors).map(stripVTControlCharacters), rows(none))
  const text = ({ yellow }: typeof colors) => wrapText(`${yellow('warning')}: ${'word '.repeat(40)}`)
  t.same(text(colors).map(stripVTControlCharacters), text(none))
})

t.test('colors what needs attention, and the states of providers', async (t) => {
  const breaker = { host: null, state: 'open', misconfigured: false, silentUntil: null }
  const waiting = { due: 0, later: 0, broadcast: 0, oldestDueAt: null }
  const at = '2026-11-30T10:00:00.000Z'
  const status = {
    ok: false,
    attention: [{ severity: 'warning' as const, subject: 'clock', explanation: 'A clock is wrong.', nextStep: 'Set it.' }],
    version: '0.1.0',
    at,
    workers: [{ host: 'h', pid: 1, version: '0.1.0', alive: false, startedAt: at, seenAt: at, runningJobs: 0 }],
    providers: [
      { provider: 'slack', canSend: true, breakers: [breaker], waiting },
      { provider: 'discord', canSend: true, breakers: [], waiting }
    ],
    broadcasts: { unplanned: 0 },
    database: { version: '15', clockAheadMs: 0, connections: 1, maxConnections: 2, migrations: { applied: 1, missing: [] } },
    queue: { kind: 'postgres' as const, responds: true, product: null, version: null, evictionPolicy: null, clockAheadMs: null }
  }
  const colors = createColors({ isTTY: true }, {})
  const lines = describeStatus(status, { named: (text) => text, colors })
  t.ok(lines.some((line) => line.startsWith(`${colors.yellow('warning')}: A clock is wrong.`)))
  for (const [name, state] of [['slack', colors.red('failing')], ['discord', colors.green('works')]] as const) {
    t.match(lines.find((line) => line.startsWith(name)), state)
  }
  t.match(lines.find((line) => line.includes('lost')), colors.red('lost'))
  t.equal(colorOf('parked', colors)('parked'), colors.yellow('parked'))
})

import t from 'tap'
import { progressBars, progressLine } from '../../../src/notifications/output/progress-lines.ts'
import { progressOf } from '../progress-of.ts'

const half = progressOf('sending', { sent: 1_200, failed: 12, queued: 788 }, { perSecond: 98.6, secondsLeft: 125 })

t.test('shows the share, counts, rate, remaining time and failures', async (t) => {
  t.match(progressBars(half, 120)[0], /^pushbullet {2}█+░+ {2}60% {2}1,212 of 2,000 {2}99\/s {2}2 min 5 s left {2}12 failed$/)
  t.equal(progressLine(half), 'sending: pushbullet 1,212 of 2,000 99/s 2 min 5 s left 12 failed')
})

t.test('fits into the terminal, unless that is very narrow', async (t) => {
  for (const columns of [80, 100, 120, 300]) t.ok((progressBars(half, columns)[0]?.length ?? 0) <= columns, `${columns}`)
})

t.test('shows 100% only if no delivery is under way', async (t) => {
  t.match(progressBars(progressOf('sending', { sent: 99_999, queued: 1 }), 80)[0], /░ {2}99% {2}99,999 of 100,000/)
  t.match(progressBars(progressOf('completed', { sent: 100_000 }), 80)[0], /█{40} {2}100% {2}100,000 of 100,000$/)
  t.match(progressBars(progressOf('parked', { sent: 1, parked: 1 }), 80)[0], / 50% {2}1 of 2 .*1 parked$/)
})

t.test('shows a low rate with a decimal, and a rate of 0', async (t) => {
  t.match(progressLine(progressOf('sending', { sent: 1, queued: 2 }, { perSecond: 0.3, secondsLeft: 7 })), / 0\.3\/s 7 s left$/)
  t.match(progressLine(progressOf('sending', { sent: 1, queued: 2 })), / 0\/s$/)
})

t.test('aligns the lines of providers', async (t) => {
  const others = progressOf('sending', { queued: 5 }).progress.map((one) => ({ ...one, provider: 'blotre' }))
  const lines = progressBars({ ...half, progress: [...half.progress, ...others] }, 120)
  t.equal(new Set(lines.map((line) => line.indexOf('%'))).size, 1)
})

t.test('shows the status and the number of deliveries before they are planned', async (t) => {
  t.equal(progressLine({ ...half, status: 'scheduled', progress: [], deliveries: 0 }), 'scheduled')
  t.equal(progressLine({ ...half, status: 'planning', progress: [], deliveries: 2_000 }), 'planning: 2,000 deliveries')
  t.same(progressBars({ ...half, progress: [] }, 80), [])
  const uncounted = progressOf('planning', {})
  t.same(progressBars(uncounted, 80), [], 'no bar of 0 of 0')
  t.equal(progressLine(uncounted), 'planning')
  t.match(progressBars({ ...half, progress: [...uncounted.progress, ...half.progress] }, 80), [/1,212 of 2,000/])
})

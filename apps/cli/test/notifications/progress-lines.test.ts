import t from 'tap'
import { progressBars, progressLine } from '../../src/notifications/progress-lines.ts'
import { progressOf } from './progress-of.ts'

const half = progressOf('sending', { sent: 1_200, failed: 12, queued: 788 }, { perSecond: 98.6, secondsLeft: 125 })

t.test('shows share, counts, rate, time left and what went wrong', async (t) => {
  t.match(progressBars(half, 120)[0], /^pushbullet {2}█+░+ {2}60% {2}1,212 of 2,000 {2}99\/s {2}2 min 5 s left {2}12 failed$/)
  t.equal(progressLine(half), 'sending: pushbullet 1,212 of 2,000 99/s 2 min 5 s left 12 failed')
})

t.test('never passes the edge of the terminal, unless that is very narrow', async (t) => {
  for (const columns of [80, 100, 120, 300]) t.ok((progressBars(half, columns)[0]?.length ?? 0) <= columns, `${columns}`)
})

t.test('says 100% only when all of it is over', async (t) => {
  t.match(progressBars(progressOf('sending', { sent: 99_999, queued: 1 }), 80)[0], /░ {2}99% {2}99,999 of 100,000/)
  t.match(progressBars(progressOf('completed', { sent: 100_000 }), 80)[0], /█{40} {2}100% {2}100,000 of 100,000$/)
  t.match(progressBars(progressOf('sending', { sent: 1, parked: 1 }), 80)[0], / 50% {2}1 of 2 .*1 parked$/)
})

t.test('tells a slow one from one that stands still', async (t) => {
  t.match(progressLine(progressOf('sending', { sent: 1, queued: 2 }, { perSecond: 0.3, secondsLeft: 7 })), / 0\.3\/s 7 s left$/)
  t.match(progressLine(progressOf('sending', { sent: 1, queued: 2 })), / 0\/s$/)
})

t.test('puts providers under one another', async (t) => {
  const others = progressOf('sending', { queued: 5 }).progress.map((one) => ({ ...one, provider: 'blotre' }))
  const lines = progressBars({ ...half, progress: [...half.progress, ...others] }, 120)
  t.equal(new Set(lines.map((line) => line.indexOf('%'))).size, 1)
})

t.test('says what there is to say before anything is planned', async (t) => {
  t.equal(progressLine({ ...half, status: 'scheduled', progress: [], deliveries: 0 }), 'scheduled')
  t.equal(progressLine({ ...half, status: 'planning', progress: [], deliveries: 2_000 }), 'planning: 2,000 deliveries')
  t.same(progressBars({ ...half, progress: [] }, 80), [])
  const uncounted = progressOf('planning', {})
  t.same(progressBars(uncounted, 80), [], 'and draws no bar of 0 of 0')
  t.equal(progressLine(uncounted), 'planning')
  t.match(progressBars({ ...half, progress: [...uncounted.progress, ...half.progress] }, 80), [/1,212 of 2,000/])
})

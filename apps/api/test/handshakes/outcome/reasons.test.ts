import t from 'tap'
import { describeReason, reasons } from '../../../src/handshakes/outcome/reasons.ts'
import type { Reason } from '../../../src/handshakes/outcome/reasons.ts'

t.test('describes every reason with a title and complete sentences', async (t) => {
  for (const reason of Object.keys(reasons) as Reason[]) {
    const { title, text } = describeReason(reason, { site: 'Teapot Shop', provider: 'Pushbullet' })
    t.match(title, /^[A-Z][^.]+[^.\s]$/, reason)
    t.match(text, /^(?:[A-Z][^.]+\. ?)+$/, reason)
    t.notMatch(`${title} ${text}`, /[{}]|undefined|\b(\w+) \1\b/i, reason)
  }
})

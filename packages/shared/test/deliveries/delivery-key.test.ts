import t from 'tap'
import { v5 } from 'uuid'
import { newId } from '../../src/db/index.ts'
import { deliveryKeyOf } from '../../src/deliveries/index.ts'

const [a, b, c] = ['1', '2', '3'].map((digit) => `01990000-0000-7000-8000-00000000000${digit}`) as [string, string, string]

t.test('identifies a delivery by the same key every time, and each by another', async (t) => {
  t.equal(deliveryKeyOf(a, b), deliveryKeyOf(a, b))
  t.equal(new Set([deliveryKeyOf(a, b), deliveryKeyOf(b, a), deliveryKeyOf(a, c), deliveryKeyOf(c, b)]).size, 4)
  // Providers identify existing pushes by this key. Another key would show them twice.
  t.equal(deliveryKeyOf(a, b), '3c31cf63-f94c-567a-808b-4f2ffe6ba2da')
})

t.test('equals the UUIDv5 of other implementations', async (t) => {
  for (let round = 0; round < 200; round++) {
    const [notification, connection] = [newId(), newId()]
    t.equal(deliveryKeyOf(notification, connection), v5(connection, notification))
  }
})

import t from 'tap'
import { createVault, parseVaultKeys } from '../../src/vault/index.ts'
import type { VaultKey } from '../../src/vault/index.ts'

const secretA = Buffer.alloc(32, 0xA7)
const secretB = Buffer.alloc(32, 0xB6)
const base64A = secretA.toString('base64')

t.test('parses keys in their order', async (t) => {
  t.same(parseVaultKeys(`new:${base64A},old-1_x:${secretB.toString('base64')}`), [
    { id: 'new', secret: secretA }, { id: 'old-1_x', secret: secretB }
  ])
})

t.test('accepts base64 with and without padding, in both alphabets, and spaces after commas', async (t) => {
  const secret = Buffer.alloc(32, 0xFB) // its base64 has + and /, or - and _
  for (const text of [secret.toString('base64'), secret.toString('base64url'), secret.toString('base64').replace('=', '')]) {
    t.same(parseVaultKeys(`a:${base64A}, b:${text}`)[1], { id: 'b', secret })
  }
})

const faults = {
  'a key that is too short': [`good:${base64A},tiny:${secretB.subarray(1).toString('base64')}`, 'key tiny has 31 bytes instead of 32'],
  'a key that is too long': [`huge:${Buffer.alloc(33, 0xB6).toString('base64')}`, 'key huge has 33 bytes instead of 32'],
  'one id twice': [`same:${base64A},other:${base64A},same:${secretB.toString('base64')}`, 'has two keys named same'],
  'a key without an id': [`good:${base64A},${base64A}`, 'entry 2 is not id:base64key'],
  'an id of other characters': [`näh:${base64A}`, 'entry 1 is not id:base64key'],
  'an id that is too long': [`${'x'.repeat(33)}:${base64A}`, 'entry 1 is not id:base64key'],
  'a key that is not base64': [`a:${base64A.slice(0, 20)}!${base64A.slice(21)}`, 'entry 1 is not id:base64key'],
  'a comma too many': [`a:${base64A},`, 'entry 2 is not id:base64key'],
  'nothing at all': ['', 'entry 1 is not id:base64key']
} as const

for (const [what, [text, message]] of Object.entries(faults)) {
  t.test(`refuses ${what} and reveals only the id`, async (t) => {
    t.throws(() => parseVaultKeys(text), { message })
  })
}

t.test('derives bytes that differ by purpose and by key, and are not the key', async (t) => {
  const a: VaultKey = { id: 'a', secret: secretA }
  const b: VaultKey = { id: 'b', secret: secretB }
  const derived = [
    ...createVault([a, b]).derive('cookies'), ...createVault([a, b]).derive('user tokens'), secretA, secretB
  ].map((bytes) => bytes.toString('hex'))
  t.equal(new Set(derived).size, 6)
  t.same(derived.map((hex) => hex.length), Array.from({ length: 6 }, () => 64))
  t.same(createVault([b, a]).derive('cookies'), createVault([a, b]).derive('cookies').reverse(), 'the first key\'s is first')
  // Existing cookies and user tokens depend on this value.
  t.equal(derived[0], '6cbcfc69bc87f4993a11668c647706a071d981e7ee8c355f91edf04b5653fd98')
})

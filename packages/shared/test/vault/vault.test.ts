import { inspect } from 'node:util'
import t from 'tap'
import { createVault, VaultError } from '../../src/vault/index.ts'
import type { SealContext, VaultErrorCode, VaultKey } from '../../src/vault/index.ts'

const place: SealContext = { table: 'connections', column: 'credentials', id: '01990000-0000-7000-8000-000000000001' }
const plaintext = '{"accessToken":"o.example","name":"Zoë 🔔"}'
const keyA: VaultKey = { id: 'a', secret: Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex') }
const keyB: VaultKey = { id: 'b', secret: Buffer.from('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeffe0e1e2e3e4e5e6e7e8e9eaebecedeeef', 'hex') }
const vault = createVault([keyA])

t.test('opens a value that it has sealed', async (t) => {
  for (const text of ['', 'x', plaintext, 'long '.repeat(100_000)]) t.ok(vault.open(vault.seal(text, place), place) === text)
})

t.test('seals the same text differently each time, into characters that any store takes', async (t) => {
  const sealed = Array.from({ length: 100 }, () => vault.seal(plaintext, place))
  t.equal(new Set(sealed).size, 100)
  t.ok(sealed.every((one) => /^v1\.a\.[\w-]+$/.test(one)))
})

t.test('opens a value of an earlier version', async (t) => {
  const sealed = 'v1.a.p3qy4N6V-5gdpw7MAAAALiOvGHatgF7nmAcQ7C8wBR73Guo4SZ2-SEBkTtr2Dv9nso2kEMvtEIebcZoEg8VejyWoNXUELToV7exn6dYPQuU03zoFsYjcQ38n'
  t.equal(vault.open(sealed, place), plaintext)
})

t.test('seals with the first key and opens with any', async (t) => {
  const before = vault.seal(plaintext, place)
  const rotated = createVault([keyB, keyA])
  t.equal(rotated.open(before, place), plaintext)
  const after = rotated.seal(plaintext, place)
  t.match(after, /^v1\.b\./)
  t.equal(rotated.open(after, place), plaintext)
  t.equal(refusal(() => createVault([keyB]).open(before, place)), 'unknownKey', 'the old key was removed')
  t.equal(refusal(() => vault.open(after, place)), 'unknownKey', 'this process does not have the new key yet')
})

t.test('distinguishes another key of the same id from a changed value', async (t) => {
  const sealed = vault.seal(plaintext, place)
  t.equal(refusal(() => createVault([{ ...keyB, id: 'a' }]).open(sealed, place)), 'wrongKey')
  t.equal(refusal(() => createVault([{ ...keyA, id: 'c' }]).open(sealed.replace('v1.a.', 'v1.c.'), place)), 'tampered')
})

t.test('opens a value only for its own row, column and table', async (t) => {
  const sealed = vault.seal(plaintext, place)
  t.equal(refusal(() => vault.open(sealed, { ...place, id: '01990000-0000-7000-8000-000000000002' })), 'moved')
  t.equal(refusal(() => vault.open(sealed, { ...place, column: 'pending' })), 'moved')
  t.equal(refusal(() => vault.open(sealed, { ...place, table: 'handshakes' })), 'moved')
})

t.test('refuses a value with any changed bit, and reports which part the bit belongs to', async (t) => {
  const [prefix, bytes] = taken(vault.seal(plaintext, place))
  const codes = Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    return refusal(() => vault.open(prefix + changed.toString('base64url'), place))
  })
  const codesOf = (from: number, to?: number) => [...new Set(codes.slice(from * 8, to === undefined ? undefined : to * 8))].sort()
  t.same(codesOf(0, 4), ['wrongKey'], 'the key check')
  t.same(codesOf(4, 12), ['moved'], 'the context check')
  t.same(codesOf(12, 16), ['tampered', 'truncated'], 'the length, which shrank or grew')
  t.same(codesOf(16, 28), ['tampered'], 'the nonce')
  t.same(codesOf(28, 44), ['tampered'], 'the tag')
  t.same(codesOf(44), ['tampered'], 'the ciphertext')
})

t.test('refuses the same bytes in other characters', async (t) => {
  const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
  for (const text of ['a', 'ab', 'abc']) {
    const sealed = vault.seal(text, place)
    const others = alphabet.map((last) => sealed.slice(0, -1) + last).filter((other) => other !== sealed)
    const longer = ['A', 'AA', 'AAA', 'AAAA'].map((more) => sealed + more)
    const codes = [...others, ...longer].map((other) => refusal(() => vault.open(other, place)))
    t.same([...new Set(codes)], ['tampered'], `with ${text.length} bytes of ciphertext`)
  }
})

t.test('refuses a value that is truncated at any position', async (t) => {
  const sealed = vault.seal(plaintext, place)
  const codes = Array.from({ length: sealed.length }, (_, length) => refusal(() => vault.open(sealed.slice(0, length), place)))
  const prefix = 'v1.a.'.length
  t.same([...new Set(codes.slice(0, prefix))], ['malformed'])
  t.same([...new Set(codes.slice(prefix))], ['truncated'])
})

t.test('refuses anything that it has not sealed', async (t) => {
  const body = vault.seal(plaintext, place).slice('v1.a.'.length)
  for (const other of [
    '', plaintext, 'v1', `v2.a.${body}`, `v1.a.${body}=`, `v1.a.${body}\n`, `\nv1.a.${body}`, `v1..${body}`, `v1.a b.${body}`,
    `v1.${'a'.repeat(33)}.${body}`, `v1.a.${body}.${body}`, `v1.a.${body.replace(/^./, '+')}`
  ]) t.equal(refusal(() => vault.open(other, place)), 'malformed', inspect(other.slice(0, 12)))
})

/** The code of the refusal. Throws when there is none, or when an error contains a secret in any printed form. */
function refusal (open: () => unknown): VaultErrorCode {
  let opened: unknown
  try {
    opened = open()
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    const text = [error.stack, JSON.stringify(error), inspect(error, { showHidden: true, depth: 9 })].join('\n')
    const leak = secrets.find((secret) => text.includes(secret))
    if (leak !== undefined) throw new Error(`The error shows ${leak}`)
    return error.code
  }
  throw new Error(`It opens: ${inspect(opened)}`)
}

const secrets = [
  plaintext, 'o.example', ...[keyA, keyB].flatMap(({ secret }) => (['hex', 'base64', 'base64url'] as const).map((form) => secret.toString(form)))
]

/** The prefix of the sealed value, and its bytes. */
function taken (sealed: string): [string, Buffer] {
  const at = sealed.lastIndexOf('.') + 1
  return [sealed.slice(0, at), Buffer.from(sealed.slice(at), 'base64url')]
}

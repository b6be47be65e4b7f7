import { createECDH, randomBytes } from 'node:crypto'
import ece from 'http_ece'
import t from 'tap'
import { encryptForBrowser } from '../../../src/providers/webpush/encrypt.ts'

t.test('encrypts the example of RFC 8291 §5', async (t) => {
  const sender = createECDH('prime256v1')
  sender.setPrivateKey(Buffer.from('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw', 'base64url'))
  const keys = {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg'
  }
  const salt = Buffer.from('DGv6ra1nlYgDCS1FRnbzlw', 'base64url')
  const encrypted = encryptForBrowser(Buffer.from('When I grow up, I want to be a watermelon'), keys, salt, sender)
  t.equal(encrypted.toString('base64url'), 'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml' +
    'mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN')
})

t.test('encrypts what http_ece decrypts', async (t) => {
  for (const length of [0, 1, 41, 2_700, 3_993]) {
    const browser = createECDH('prime256v1')
    const authSecret = randomBytes(16)
    const keys = { p256dh: browser.generateKeys('base64url'), auth: authSecret.toString('base64url') }
    const plaintext = randomBytes(length)
    const encrypted = encryptForBrowser(plaintext, keys)
    t.equal(encrypted.length, length + 103)
    t.same(ece.decrypt(encrypted, { version: 'aes128gcm', privateKey: browser, authSecret }), plaintext)
    t.notSame(encryptForBrowser(plaintext, keys), encrypted, 'each time with other keys')
  }
})

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Test } from 'tap'

export interface NameServer {
  /** `127.0.0.1:port`, in the format of `nameServers`. */
  address: string
  /** The names of all queries, in order. */
  questions: string[]
}

/** The result of a query: addresses, or `never` for no response. A name without an entry does not exist. */
type Answers = (name: string) => string[] | 'never' | undefined

const typeA = 1
const typeAaaa = 28

/** A DNS server on loopback (RFC 1035 §4) that supports queries with one question. `ttl` is in seconds. */
export async function openNameServer (t: Test, answers: Answers, ttl = 60): Promise<NameServer> {
  const questions: string[] = []
  const socket = createSocket('udp4', (query, { port, address }) => {
    const { name, type, end } = readQuestion(query)
    questions.push(name)
    const found = answers(name)
    if (found === 'never') return
    const records = (found ?? []).filter((address) => type === (isIPv4(address) ? typeA : typeAaaa))
    socket.send(reply(query.subarray(0, end), type, records, found === undefined, ttl), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => { socket.close() })
  return { address: `127.0.0.1:${socket.address().port}`, questions }
}

function readQuestion (query: Buffer): { name: string, type: number, end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function reply (question: Buffer, type: number, addresses: string[], isMissing: boolean, ttl: number): Buffer {
  const message = Buffer.from(question)
  message.writeUInt16BE(isMissing ? 0x8183 : 0x8180, 2)
  message.writeUInt16BE(addresses.length, 6)
  message.writeUInt32BE(0, 8)
  const records = addresses.map((address) => {
    const bytes = Buffer.from(ipaddr.parse(address).toByteArray())
    const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, ttl, 0, bytes.length])
    return Buffer.concat([head, bytes])
  })
  return Buffer.concat([message, ...records])
}

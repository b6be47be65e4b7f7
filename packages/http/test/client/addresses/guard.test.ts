import t from 'tap'
import { createGuard } from '../../../src/client/addresses/guard.ts'

const closed = createGuard([])

t.test('permits public addresses', async (t) => {
  for (const address of ['1.1.1.1', '93.184.215.14', '172.32.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::1']) {
    t.ok(closed.permits('example.com', address), address)
  }
})

t.test('refuses addresses that are not public', async (t) => {
  const addresses = {
    loopback: ['127.0.0.1', '127.255.255.254', '::1'],
    private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1'],
    'link-local': ['169.254.0.1', 'fe80::1', 'fe80::1%eth0'],
    metadata: ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
    unspecified: ['0.0.0.0', '0.1.2.3', '::'],
    'multicast and broadcast': ['224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1'],
    'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
    'reserved and documentation': ['192.0.2.1', '198.18.0.1', '203.0.113.1', '240.0.0.1', '2001:db8::1', '100::1', 'fec0::1', '4000::1'],
    'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254'],
    'IPv4-compatible and translated': ['::127.0.0.1', '::10.0.0.1', '::ffff:0:127.0.0.1'],
    NAT64: ['64:ff9b::127.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::808:808'],
    '6to4 and Teredo': ['2002:7f00:1::1', '2002:a00:1::', '2002:a9fe:a9fe::1', '2001::1'],
    'not an address': ['', 'localhost', '127.1', '1.1.1.1.1']
  }
  for (const [why, list] of Object.entries(addresses)) {
    for (const address of list) t.notOk(closed.permits('example.com', address), `${why}: ${address}`)
  }
})

t.test('permits exactly the listed network, address or name', async (t) => {
  const guard = createGuard(['10.1.0.0/16', '192.168.7.7', 'fd00:1::/32', '::1', 'Intranet.Example', '::ffff:172.16.0.9'])
  t.ok(guard.permits('any.example', '10.1.2.3'))
  t.ok(guard.permits('any.example', '::ffff:10.1.2.3'), 'an IPv4-mapped address')
  t.notOk(guard.permits('any.example', '10.2.0.1'))
  t.ok(guard.permits('any.example', '192.168.7.7'))
  t.notOk(guard.permits('any.example', '192.168.7.8'))
  t.ok(guard.permits('any.example', 'fd00:1::5'))
  t.notOk(guard.permits('any.example', 'fd00:2::5'))
  t.ok(guard.permits('any.example', '::1'))
  t.ok(guard.permits('any.example', '172.16.0.9'))
  t.ok(guard.permits('INTRANET.example', '10.200.0.1'))
  t.notOk(guard.permits('sub.intranet.example', '10.200.0.1'))
  t.notOk(guard.permits('any.example', '127.0.0.1'))
})

t.test('refuses an invalid entry, so that a typing error does not go unnoticed', async (t) => {
  for (const entry of ['10.0.0.0/33', '10.0.0.256', '', 'http://intranet', 'a b', '10.0.0.0/', '*.example']) {
    t.throws(() => createGuard([entry]), TypeError, `'${entry}'`)
  }
})

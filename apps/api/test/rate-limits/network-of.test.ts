import t from 'tap'
import { networkOf } from '../../src/rate-limits/network-of.ts'

t.test('groups the addresses of one subscriber', async (t) => {
  const cases = {
    '192.0.2.7': '192.0.2.7',
    '::ffff:192.0.2.7': '192.0.2.7',
    '::1': '0:0:0:0::/64',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:db8:1:2::': '2001:db8:1:2::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    unknown: 'unknown'
  }
  for (const [ip, network] of Object.entries(cases)) t.equal(networkOf(ip), network, ip)
})

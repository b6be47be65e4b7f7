import t from 'tap'
import { StoreError, createReadiness } from '../../src/stores/index.ts'

const works = async () => {}

t.test('checks the stores once for all concurrent requests', async (t) => {
  let [checks, end] = [0, () => {}]
  const findFaults = createReadiness({
    checkDatabase: () => {
      checks++
      return new Promise<void>((resolve) => { end = resolve })
    },
    checkQueue: works,
    queueKind: 'redis',
    onError: () => {}
  })
  const many = Array.from({ length: 100 }, () => findFaults())
  end()
  for (const faults of await Promise.all(many)) t.same(faults, [])
  t.equal(checks, 1)
  const next = findFaults()
  end()
  t.same(await next, [])
  t.equal(checks, 2, 'a later request checks the stores again')
})

t.test('describes what is wrong with each store, without hosts, users or databases', async (t) => {
  const login = 'no pg_hba.conf entry for host "10.1.2.3", user "carillon", database "site", no encryption'
  const errors: unknown[] = []
  const findFaults = createReadiness({
    checkDatabase: async () => { throw new StoreError(`DATABASE_URL: PostgreSQL refuses the login (${login}).`) },
    checkQueue: async () => { throw new Error('connect ECONNREFUSED 10.1.2.4:6379') },
    queueKind: 'redis',
    onError: (error) => { errors.push(error) }
  })
  t.same(await findFaults(), [
    'DATABASE_URL: PostgreSQL refuses the login (no pg_hba.conf entry for host "…", user "…", database "…", no encryption).',
    'REDIS_URL: no answer.'
  ])
  t.match(errors, [{ message: /10\.1\.2\.3/ }, { message: /10\.1\.2\.4/ }], 'the log contains everything')
})

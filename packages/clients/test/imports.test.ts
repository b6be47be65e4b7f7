import { build } from 'esbuild'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../../..')

t.test('bundles the HTTP client and nothing else of Carillon', async (t) => {
  const { metafile } = await build({
    stdin: { contents: "export * from '@carillon/clients'", resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent'
  })
  const packages = Object.keys(metafile.inputs).map((file) => /^packages\/[^/]+|node_modules\/[^/]+/.exec(file)?.[0])
  t.same([...new Set(packages)].filter((name) => name !== undefined).sort(),
    ['node_modules/ipaddr.js', 'node_modules/undici', 'packages/clients', 'packages/http'])
})

t.test('installs no database, no queue and no HTTP server', async (t) => {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock
  const installed = new Set<string>()
  install('@carillon/clients')
  t.same([...installed].sort(), ['@carillon/clients', '@carillon/http', 'ipaddr.js', 'undici'])

  function install (name: string): void {
    if (installed.has(name)) return
    installed.add(name)
    const entry = packages[`node_modules/${name}`]
    if (entry === undefined) throw new Error(`package-lock.json lacks ${name}`)
    const { dependencies = {} } = entry.link === true ? packages[entry.resolved] ?? {} : entry
    Object.keys(dependencies).forEach(install)
  }
})

interface Lock {
  packages: Record<string, { dependencies?: Record<string, string> } & ({ link: true, resolved: string } | { link?: never })>
}

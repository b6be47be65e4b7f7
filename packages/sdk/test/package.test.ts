import { findProgram } from '@carillon/testing'
import { build, transform } from 'esbuild'
import { execa } from 'execa'
import { createRequire } from 'node:module'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import t from 'tap'
import { buildTypes } from '../build/build-package.ts'
import { installPackage } from './install-package.ts'
import { readExamples } from './read-examples.ts'
import { json, serve } from './serve.ts'

const maxGzipBytes = 12_000
const { resolve } = createRequire(import.meta.url)
const { folder, packageFolder } = await installPackage(t)
await buildTypes(join(packageFolder, 'dist'))

t.test('publint has nothing to say about the package', async (t) => {
  const { messages } = await publint({ pkgDir: packageFolder, strict: true })
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'))
  t.same(messages.map((message) => formatMessage(message, manifest)), [])
})

t.test('every way to import the package as a module finds its types', async (t) => {
  const packed = await execa('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: packageFolder })
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string, files: Array<{ path: string }> }]
  const cli = join(resolve('@arethetypeswrong/cli/package.json'), '../dist/index.js')
  const { exitCode, stdout } = await execa(process.execPath, [cli, join(folder, filename), '--profile', 'esm-only', '--no-color'], { reject: false })
  t.equal(exitCode, 0, stdout)
  t.same(files.map(({ path }) => path).filter((path) => !path.startsWith('dist/')).sort(), ['README.md', 'package.json'])
})

t.test('the examples, the example site and the declarations pass the strictest type check', async (t) => {
  const examples = (await readExamples()).map(({ code }, index) => ({ name: `example-${index}.ts`, code }))
  const shop = { name: 'shop.ts', code: await readFile(new URL('../../../examples/shop/server.ts', import.meta.url), 'utf8') }
  const files = [...examples, shop]
  for (const { name, code } of files) await writeFile(join(folder, name), code)
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: ['node'],
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false
  }
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: files.map(({ name }) => name) }))
  const { exitCode, stdout } = await execa(process.execPath, [resolve('typescript/bin/tsc'), '-p', folder, '--pretty', 'false'], { reject: false })
  // The declarations of other packages are not ours.
  t.same(stdout.split('\n').filter((line) => line !== '' && !/^\S*node_modules\/(?!@carillon)/.test(line)), [], `tsc ended with ${exitCode}`)
})

t.test('a bundle has at most 12 kB, compressed, and so has the script for pages', async (t) => {
  const { outputFiles: [bundle] } = await build({
    stdin: { contents: 'export * from "@carillon/sdk"', resolveDir: folder }, bundle: true, minify: true, format: 'esm', platform: 'browser', write: false
  })
  const bytes = gzipSync(bundle?.contents ?? '').length
  t.comment(`${bytes} bytes`)
  t.ok(bytes > 1_000 && bytes <= maxGzipBytes, `${bytes} bytes`)

  const script = await readFile(join(packageFolder, 'dist/browser.js'), 'utf8')
  const minified = gzipSync((await transform(script, { minify: true })).code).length
  t.comment(`${minified} bytes`)
  t.ok(minified > 1_000 && minified <= maxGzipBytes, `${minified} bytes`)
})

const program = `
import { Carillon, isCarillonError, verifyWebhook } from '@carillon/sdk'
const carillon = new Carillon({ apiKey: 'ck_1', baseUrl: process.env.API_URL })
const ids = []
for await (const { id } of carillon.connections.list()) ids.push(id)
const { id } = await carillon.notifications.send({ audience: { userIds: ['ann'] }, message: { type: 'note', title: 'Hello' } })
for await (const { status } of carillon.notifications.events(id)) ids.push(id, status)
const refused = await verifyWebhook('{}', new Headers(), 'whsec_AAAA').catch((error) => isCarillonError(error, 'invalidSignature'))
console.log(JSON.stringify([ids, refused]))
`

for (const { name, command, args, variable } of [
  { name: 'Node.js', command: process.execPath, args: [], variable: '' },
  { name: 'Bun', command: 'bun', args: ['run'], variable: 'CARILLON_REQUIRE_BUN' },
  { name: 'Deno', command: 'deno', args: ['run', '--allow-all', '--node-modules-dir=manual', '--no-check'], variable: 'CARILLON_REQUIRE_DENO' }
]) {
  t.test(`the package works in ${name}`, async (t) => {
    const found = await findProgram(t, [command], variable)
    if (found === undefined) return
    const { url } = await serve(t,
      json(200, { data: [{ id: 'con_1' }], nextCursor: 'more' }),
      json(200, { data: [{ id: 'con_2' }], nextCursor: null }),
      (response) => { response.socket?.destroy() },
      json(202, { id: 'ntf_1' }),
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end('retry: 1\n\nevent: progress\nid: 1\ndata: {"status":"completed"}\n\n')
      },
      (response) => { response.writeHead(204).end() })
    const file = join(folder, 'program.mjs')
    await writeFile(file, program)
    const options = { cwd: folder, env: { API_URL: url }, all: true, reject: false } as const
    const { stdout, all, exitCode } = await execa(found, [...args, file], options)
    t.equal(exitCode, 0, all)
    t.same(JSON.parse(stdout), [['con_1', 'con_2', 'ntf_1', 'completed'], true])
  })
}

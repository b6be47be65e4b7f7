import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import t from 'tap'

const bin = fileURLToPath(new URL('../bin/carillon.js', import.meta.url))

// The other tests run a bundle of the sources, which starts in a tenth of the time.
t.test('the program that npm installs runs the sources, and names itself as it was started', async (t) => {
  const options = { env: { PATH: process.env['PATH'] ?? '', CARILLON_ENV_FILE: '' }, extendEnv: false, reject: false }
  const { exitCode, stdout, stderr } = await execa(process.execPath, [bin, 'keys', 'revoke', 'nonsense'], options)
  t.match({ exitCode, stdout, stderr }, { exitCode: 2, stdout: '', stderr: /bin\/carillon\.js keys list` shows them/ })
})

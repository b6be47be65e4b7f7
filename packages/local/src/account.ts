import { execa } from 'execa'

/** The user of a process, if it is another user. */
export interface Account {
  uid: number
  gid: number
}

export function isRoot (): boolean {
  return process.getuid?.() === 0
}

/** The user `postgres`, created when missing: PostgreSQL refuses to run as root. Only root may call this. */
export async function postgresAccount (): Promise<Account> {
  const known = await lookUp()
  if (known) return known
  const made = await execa('useradd', ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/bin/false', 'postgres'],
    { reject: false })
  const account = await lookUp()
  if (account) return account
  throw new Error(`PostgreSQL does not run as root, and the user postgres could not be made (${reason(made)}): ` +
    'run as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own')
}

/** Whether that user can execute (`x`) or write (`w`) the path. */
export async function canUse (account: Account, how: 'x' | 'w', path: string): Promise<boolean> {
  const { exitCode, originalMessage } = await execa('/bin/sh', ['-c', 'test -x "$2" && test "-$1" "$2"', 'sh', how, path], {
    ...account,
    cwd: '/',
    reject: false
  })
  if (exitCode !== undefined) return exitCode === 0
  throw new Error(`PostgreSQL does not run as root, and nothing can be run as the user postgres (${originalMessage}): ` +
    'run as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own')
}

async function lookUp (): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => execa('id', [flag, 'postgres'], { reject: false })))
  if (uid?.exitCode !== 0 || gid?.exitCode !== 0) return undefined
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

function reason ({ stderr, originalMessage }: { stderr?: unknown, originalMessage?: string | undefined }): string {
  const said = typeof stderr === 'string' ? stderr.split('\n')[0] : undefined
  return said || originalMessage || 'useradd failed'
}

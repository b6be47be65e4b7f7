import { randomUUID } from 'node:crypto'

/** An upload that was asked for; `content` once it has come. */
interface UploadedFile {
  name: string
  type: string
  content?: Buffer
}

/** Uploads in memory. The oldest contents give way, so that no test can fill the machine. */
export interface Files {
  request: (name: string, type: string) => string
  get: (iden: string) => UploadedFile | undefined
  store: (iden: string, content: Buffer) => void
  reset: () => void
}

const MOST_BYTES = 128 * 1024 * 1024
const MOST_REQUESTS = 10_000

export function createFiles (): Files {
  const files = new Map<string, UploadedFile>()
  let bytes = 0

  const forget = (iden: string): void => {
    bytes -= files.get(iden)?.content?.length ?? 0
    files.delete(iden)
  }

  const forgetOldest = (): void => {
    const [oldest] = files.keys()
    if (oldest !== undefined) forget(oldest)
  }

  return {
    request (name, type) {
      if (files.size >= MOST_REQUESTS) forgetOldest()
      const iden = randomUUID().replaceAll('-', '')
      files.set(iden, { name, type })
      return iden
    },

    get: (iden) => files.get(iden),

    store (iden, content) {
      const file = files.get(iden)
      if (file === undefined) return
      // Put in again at the end: what came last goes last.
      forget(iden)
      while (bytes + content.length > MOST_BYTES) forgetOldest()
      files.set(iden, { ...file, content })
      bytes += content.length
    },

    reset () {
      files.clear()
      bytes = 0
    }
  }
}

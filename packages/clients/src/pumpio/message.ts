import type { FileSource } from '@carillon/http'

/** A message to post. pump.io shows a file only if it is an image. Actions become links after the text. */
export interface PumpioMessage {
  type: 'note' | 'link' | 'file'
  title?: string
  body?: string
  /** An absolute http(s) URL. Required for `link`. */
  url?: string
  /** Required for `file`. */
  file?: FileSource & { name: string, type: string }
  actions?: Array<{ title: string, url: string }>
}

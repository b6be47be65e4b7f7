/** What a site says. Each provider renders it in its own way; sizes are checked where it is accepted. */
export interface Message {
  type: 'note' | 'link' | 'file'
  title?: string
  body?: string
  /** An absolute http(s) URL; present for `link`. */
  url?: string
  /** Present for `file`. */
  file?: MessageFile
  level?: 'info' | 'success' | 'warning' | 'error'
}

/** A file by reference (fetched by the worker through the guarded client) or by value. */
export type MessageFile =
  | { name: string, type: string, url: string }
  | { name: string, type: string, /** base64, at most 8 MiB decoded */ data: string }

/** The content of a notification. Each provider renders it in its own way. The API checks its size. */
export interface Message {
  type: 'note' | 'link' | 'file'
  title?: string
  body?: string
  /** An absolute http(s) URL. Required for `link`. */
  url?: string
  /** Required for `file`. */
  file?: MessageFile
  level?: 'info' | 'success' | 'warning' | 'error'
}

/** A file by reference, which the worker fetches through the guarded client, or by value. */
export type MessageFile =
  | { name: string, type: string, url: string }
  | { name: string, type: string, /** base64, at most 8 MiB decoded */ data: string }

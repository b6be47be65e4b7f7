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
  /** An absolute https URL of a picture, for providers that show one. */
  image?: string
  /** Buttons, in the order of their importance. A provider that shows fewer leaves out the last ones. */
  actions?: MessageAction[]
  /** How much the message may disturb. Defaults to `normal`. */
  urgency?: 'low' | 'normal' | 'high' | 'critical'
  /** A later message with the same key replaces this one, where the provider can do that. */
  collapseKey?: string
}

export interface MessageAction {
  title: string
  /** An absolute http(s) URL. */
  url: string
}

/** A file by reference, which the worker fetches through the guarded client, or by value. */
export type MessageFile =
  | { name: string, type: string, url: string }
  | { name: string, type: string, /** base64, at most 8 MiB decoded */ data: string }

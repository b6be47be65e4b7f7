/** A message that the provider sends on its own about one of its accounts. */
export interface Notice {
  /** The account's `id`. */
  accountId: string
  issuedAt: Date
  /** The signed text. One signature has several encodings, but the text is unique. */
  content: string
}

/** How the provider signs its notices. */
export interface Notices {
  /** The form field that contains the notice. */
  readonly field: string
  /** Throws ProviderError `rejected` for an invalid signature. */
  read (signed: string): Notice
}

/** A message that the provider sends by itself about one of its accounts. */
export interface Notice {
  /** The account's `id`. */
  accountId: string
  issuedAt: Date
  /** The signed text. A signature can be written in several ways, the text cannot. */
  content: string
}

/** How the provider proves that a notice is its own. */
export interface Notices {
  /** The field of the form that holds it. */
  readonly field: string
  /** Throws ProviderError `rejected` for what the provider has not signed. */
  read (signed: string): Notice
}

/** The path of PUBLIC_URL, which a reverse proxy removes before it forwards a request; empty if there is none. */
export function publicPath ({ publicUrl }: { publicUrl: string }): string {
  return new URL(publicUrl).pathname.replace(/\/$/, '')
}

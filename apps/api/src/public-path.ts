/** The path of PUBLIC_URL, which a reverse proxy takes off before it forwards a request; empty where there is none. */
export function publicPath ({ publicUrl }: { publicUrl: string }): string {
  return new URL(publicUrl).pathname.replace(/\/$/, '')
}

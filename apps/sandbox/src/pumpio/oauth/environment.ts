/** What points Carillon at this simulator. */
export function environment (url: string): Record<string, string> {
  return { PUMPIO_CLIENT_NAME: 'Carillon', PUMPIO_HTTP_HOSTS: new URL(url).host }
}

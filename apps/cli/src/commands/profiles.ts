import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { table } from '../notifications/output/table.ts'
import { readProfiles, writeProfiles } from '../profiles/profiles-file.ts'
import type { ProfilesFile } from '../profiles/profiles-file.ts'
import { readKey } from '../profiles/read-key.ts'

export function addProfiles (program: Command, context: CommandContext): void {
  const profiles = program.command('profiles')
    .summary('manage the URLs and API keys of several deployments')
    .description('A profile has a name, the URL of an API, and an API key. Commands that call the API use the profile in use, unless `--profile` names another. ' +
      'The file is $XDG_CONFIG_HOME/carillon/config.json (~/.config/…), which only you can read.')
    .addHelpText('after', more)
  const { env, print, terminal } = context

  profiles.command('list', { isDefault: true })
    .summary('list profiles (the default)')
    .description('Lists the profiles, without their keys. The one in use has an asterisk.')
    .option('--json', 'print a JSON array, with one profile on each line')
    .action(async ({ json }: { json?: true }) => {
      const file = await open()
      const rows = Object.entries(file.profiles).map(([name, { apiUrl }]) => ({ name, apiUrl, isInUse: name === file.profile }))
      if (json === true) return print(`[${rows.map((row) => JSON.stringify(row)).join(',\n')}]`)
      if (rows.length === 0) return print('There are no profiles. `carillon profiles add NAME --url URL` adds one.')
      const lines = table([['', 'NAME', 'API'], ...rows.map(({ name, apiUrl, isInUse }) => [isInUse ? '*' : '', name, apiUrl])])
      for (const line of lines) print(line)
    })

  profiles.command('add')
    .summary('add or replace a profile')
    .description('Adds a profile, or replaces the one with this name. It asks for the API key, or reads it from standard input if that is not a terminal. ' +
      'The first profile is in use at once.')
    .argument('<name>', 'the name of the profile', parseName)
    .requiredOption('--url <url>', 'the URL of the API', parseUrl)
    .action(async (name: string, { url: apiUrl }: { url: string }) => {
      const file = await open()
      const apiKey = await readKey(terminal)
      const isFirst = Object.keys(file.profiles).length === 0
      await save(file, { profiles: { ...file.profiles, [name]: { apiUrl, apiKey } }, profile: isFirst ? name : file.profile })
      print(`${name} is stored${isFirst ? ', and is in use' : ''}`)
    })

  profiles.command('remove')
    .summary('remove a profile and its key')
    .argument('<name>', 'the name of the profile', parseName)
    .action(async (name: string) => {
      const file = await open()
      assertKnown(file, name)
      const { [name]: _removed, ...others } = file.profiles
      await save(file, { profiles: others, profile: file.profile === name ? undefined : file.profile })
      print(`${name} is removed${file.profile === name ? ', and no profile is in use' : ''}`)
    })

  profiles.command('use')
    .summary('use a profile from now on')
    .argument('<name>', 'the name of the profile', parseName)
    .action(async (name: string) => {
      const file = await open()
      assertKnown(file, name)
      await save(file, { profiles: file.profiles, profile: name })
      print(`${name} is in use`)
    })

  async function open (): Promise<ProfilesFile> {
    const file = await readProfiles(env)
    if (file.warning !== undefined) terminal.output.write(`${file.warning}\n`)
    return file
  }
}

async function save ({ path }: ProfilesFile, { profile, profiles }: Pick<ProfilesFile, 'profiles'> & { profile: string | undefined }): Promise<void> {
  await writeProfiles(path, { ...profile !== undefined && { profile }, profiles })
}

function assertKnown ({ path, profiles }: ProfilesFile, name: string): void {
  if (!Object.hasOwn(profiles, name)) throw new Error(`there is no profile ${JSON.stringify(name)} in ${path}`)
}

function parseName (text: string): string {
  if (!/^\w[\w.-]{0,63}$/.test(text)) throw new InvalidArgumentError('Expected up to 64 letters, digits, dots, hyphens and underscores.')
  return text
}

function parseUrl (text: string): string {
  if (!URL.canParse(text) || !/^https?:/i.test(text)) throw new InvalidArgumentError('Expected an http or https URL.')
  return text.replace(/\/+$/, '')
}

const more = `
A command takes the URL and the key from --profile NAME, then from CARILLON_API_URL and CARILLON_API_KEY, then from the profile that
CARILLON_PROFILE names, then from the profile in use. An empty CARILLON_PROFILE means no profile. The key of a profile is sent only to
its own URL.

Examples:
  carillon profiles add staging --url https://staging.example < key.txt
  carillon profiles use staging
  carillon --profile production status`

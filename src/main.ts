import { commandLine } from './cli/main.ts'
import { type Config, printedSettings, readConfig } from './config.ts'
import type { Parts } from './parts.ts'
import { systemClock } from './platform/clock.ts'

process.title = 'doorbuster'
// Keys, buyers and orders: what is written here is for this user alone.
process.umask(0o077)
try {
  await commandLine(process.argv, {
    dataDir: process.env.DATA_DIR ?? './data',
    start: async (roles, withPage) => (await import('./serve.ts')).serve(settings(roles), withPage),
    buildPage: async () => (await import('./page/build.ts')).builtPage({ clock: systemClock, building: () => {} }),
    local: {
      migrate: () => offline(async () => console.log('The tables are up to date.')),
      seed: () => atRest(async (parts) => console.log(await (await import('./seed.ts')).seedDemo(parts))),
      settings: async () => console.log(printedSettings(process.env)),
      doctor: async () => (await import('./doctor.ts')).doctor(() => settings()),
      makeAdmin: (email) => offline((parts) => makeAdministrator(parts, email)),
      audit: (repair) =>
        atRest(async ({ audit }) => {
          const report = await (repair ? audit.repair(true) : audit.run(true))
          return { ...report, at: new Date(report.at).toISOString() }
        }),
      exportShop: async (file) => (await import('./move-shop.ts')).exportShop(settings(), file, await quietLog(), say),
      async restoreShop(file) {
        const report = await (await import('./move-shop.ts')).restoreShop(settings(), file, await quietLog(), say)
        return { ...report, at: new Date(report.at).toISOString() }
      },
    },
  })
} catch (error) {
  // What people can mend themselves comes with a message that says how; the rest is ours, and its stack is needed.
  const theirs =
    error instanceof Error &&
    [
      'SettingsError',
      'DataInUse',
      'DataUnusable',
      'DatabaseUnusable',
      'PageNotBuilt',
      'RedisUnusable',
      'CannotMove',
      'ShopFileUnusable',
    ].includes(error.name)
  console.error(theirs ? error.message : error)
  process.exit(1)
}

function settings(roles?: string): Config {
  return readConfig(roles === undefined ? process.env : { ...process.env, ROLES: roles })
}

/** What a command writes besides its answer. */
async function quietLog() {
  return (await import('./platform/log.ts')).makeLog('warn')
}

function say(line: string): void {
  console.log(line)
}

/** For commands that open the stores themselves: refused while a shop holds them. */
async function offline<T>(work: (parts: Parts) => Promise<T>): Promise<T> {
  const { openStores } = await import('./open-stores.ts')
  const { makeParts } = await import('./parts.ts')
  const config = settings()
  const log = await quietLog()
  const onBug = (error: Error) => {
    console.error(error)
    process.exit(1)
  }
  await using opened = await openStores(config, log, onBug)
  return await work(await makeParts(config, opened.stores, null, log, onBug))
}

/** The same, refused also while any process uses a database elsewhere. */
function atRest<T>(work: (parts: Parts) => Promise<T>): Promise<T> {
  return offline(async (parts) => {
    await (await import('./open-stores.ts')).mustRest(parts)
    return work(parts)
  })
}

async function makeAdministrator({ stores, clock }: Parts, email: string): Promise<void> {
  const account = await stores.accounts.byEmail(email.toLowerCase())
  if (!account) {
    console.error(`There is no account with the e-mail ${email}: register it first.`)
    process.exitCode = 1
    return
  }
  await stores.accounts.change(account.id, { roles: ['buyer', 'admin'], blocked: false }, clock.now())
  console.log(`${account.email} is an administrator from its next sign-in on.`)
}

import { Command, InvalidArgumentError, Option } from 'commander'
import type { AuditReport } from './audit.ts'
import type { DrillOptions } from './drill.ts'
import type { Instance } from './instance.ts'

/** What main.ts hands in: it alone reads the environment and opens stores. */
export type Handlers = {
  /** `DATA_DIR`. */
  dataDir: string
  start(roles: string | undefined, withPage: boolean): Promise<void>
  /** Answers where it is. */
  buildPage(): Promise<string>
  /** These open the stores themselves and refuse those that a running server holds. */
  local: {
    migrate(): Promise<void>
    seed(): Promise<void>
    settings(): Promise<void>
    /** False: something is wrong, and was printed. */
    doctor(): Promise<boolean>
    makeAdmin(email: string): Promise<void>
    audit(repair: boolean): Promise<AuditReport>
    exportShop(file: string): Promise<void>
    restoreShop(file: string): Promise<AuditReport>
  }
}

/** Runs the command that `argv` names. Each loads its own module, so that `start` does not carry the drill. */
export async function commandLine(argv: string[], handlers: Handlers): Promise<void> {
  const program = new Command('doorbuster')
    .description('A flash-sale engine.')
    .showHelpAfterError()
    .configureHelp({ sortOptions: true })
  startCommand(program, handlers)
  storeCommands(program, handlers)
  movingCommands(program, handlers)
  auditCommand(program, handlers)
  saleCommands(program, handlers)
  importCommand(program, handlers)
  drillCommand(program, handlers)
  await program.parseAsync(argv)
}

const url = new Option('--url <address>', 'the running instance; without it the one that DATA_DIR belongs to')

/** Opens the running instance, does the work, and turns what went wrong there into a line and exit code 1. */
async function remotely(
  handlers: Handlers,
  options: { url?: string },
  work: (instance: Instance) => Promise<boolean>,
): Promise<void> {
  const { ApiError, connect } = await import('./instance.ts')
  try {
    if (!(await work(await connect(handlers.dataDir, options.url)))) process.exitCode = 1
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}

function startCommand(program: Command, handlers: Handlers): void {
  program
    .command('start', { isDefault: true })
    .description('start the shop and print `ready http://HOST:PORT`')
    .option('--roles <list>', 'what this process does, with commas between; `all` by default')
    .option('--no-page', 'the API alone: the page is served by others')
    .action(({ roles, page }: { roles?: string; page: boolean }) => handlers.start(roles, page))
  program
    .command('build')
    .description('build the page now, as for an image that must not write; `start` does it when it is missing or stale')
    .action(async () => console.log(await handlers.buildPage()))
}

function storeCommands(program: Command, { local }: Handlers): void {
  program.command('migrate').description('bring the tables up to date').action(local.migrate)
  program.command('seed').description('fill an empty shop with a small demonstration').action(local.seed)
  program
    .command('settings')
    .description('every setting, its value and where it came from; secrets hidden')
    .action(local.settings)
  program
    .command('doctor')
    .description('check this machine, the settings and the stores')
    .action(async () => {
      if (!(await local.doctor())) process.exitCode = 1
    })
  program
    .command('user')
    .description('accounts')
    .command('make-admin <email>')
    .description('make the account with this e-mail an administrator')
    .action((email: string) => local.makeAdmin(email))
}

function movingCommands(program: Command, { local }: Handlers): void {
  program
    .command('export <file>')
    .description('write a whole shop that is stopped into one file: `restore` makes it again, also in another database')
    .action(local.exportShop)
  program
    .command('restore <file>')
    .description('write an exported shop into the empty database of DATABASE_URL, and audit it')
    .action(async (file: string) => {
      const { printAudit } = await import('./audit.ts')
      if (!printAudit(await local.restoreShop(file), {})) process.exitCode = 1
    })
}

type AuditOptions = { url?: string; strict?: boolean; json?: boolean; offline?: boolean; repair?: boolean }

function auditCommand(program: Command, handlers: Handlers): void {
  program
    .command('audit')
    .description('check every equation between ledger, books and money; exit code 1 when one fails')
    .addOption(url)
    .option('--strict', 'moves that are still under way count as failures')
    .option('--json', 'print the audit as JSON')
    .option('--repair', 'make sales that fail anew from their orders; money is never touched')
    .addOption(
      new Option('--offline', 'read the stores of a server that is not running; nothing may be under way').conflicts('url'),
    )
    .action(async ({ repair = false, offline = false, ...options }: AuditOptions) => {
      const { askAudit, printAudit } = await import('./audit.ts')
      const shown = (report: AuditReport) => printAudit(report, { ...options, strict: options.strict || offline })
      if (!offline) return remotely(handlers, options, async (instance) => shown(await askAudit(instance, repair)))
      if (!shown(await handlers.local.audit(repair))) process.exitCode = 1
    })
}

type CreateOptions = {
  url?: string
  name: string
  item: string[]
  start?: string
  end?: string
  minutes: number
  limit: number
  currency: string
}

function saleCommands(program: Command, handlers: Handlers): void {
  const sale = program.command('sale').description('create and run sales')
  sale
    .command('create')
    .description('create a sale and print its id')
    .addOption(url)
    .requiredOption('--name <text>', 'its name')
    .requiredOption(
      '--item <product:units:price...>',
      'a product id, how many units, and the price of one, as in 0199…:100:19.99',
    )
    .option('--start <time>', 'RFC 3339, as in 2030-11-29T09:00:00Z; now by default')
    .option('--end <time>', 'RFC 3339; --minutes after the start by default')
    .option('--minutes <number>', 'how long it lasts', positive, 60)
    .option('--limit <units>', 'units for each buyer', positive, 1)
    .option('--currency <code>', 'of the prices', 'EUR')
    .action((options: CreateOptions) =>
      remotely(handlers, options, async (instance) => (await import('./sale.ts')).createSale(instance, options)),
    )
  for (const verb of ['start', 'pause', 'resume', 'end'] as const) {
    sale
      .command(`${verb} <saleId>`)
      .description(`${verb} it now`)
      .addOption(url)
      .action((saleId: string, options: { url?: string }) =>
        remotely(handlers, options, async (instance) => (await import('./sale.ts')).moveSale(instance, saleId, verb)),
      )
  }
  sale
    .command('list')
    .description('the newest 100 sales')
    .addOption(url)
    .action((options: { url?: string }) =>
      remotely(handlers, options, async (instance) => (await import('./sale.ts')).listSales(instance)),
    )
}

function importCommand(program: Command, handlers: Handlers): void {
  program
    .command('import <file>')
    .description("import products: Shopify's product export (.csv), or ours (.csv, .json)")
    .addOption(url)
    .option('--dry-run', 'only say what would be done')
    .option('--skip-bad', 'leave bad rows out instead of importing nothing')
    .action((file: string, options: { url?: string; dryRun?: boolean; skipBad?: boolean }) =>
      remotely(handlers, options, async (instance) => (await import('./import.ts')).importFile(instance, file, options)),
    )
}

function drillCommand(program: Command, handlers: Handlers): void {
  program
    .command('drill')
    .description('rehearse: a sale, its crowd, and whether every equation held; exit code 1 when one did not')
    .addOption(url)
    .option('--buyers <number>', 'how many come', positive, 5000)
    .option('--units <number>', 'how many there are', positive, 100)
    .option('--no-credit <share>', 'share of the buyers who cannot pay, 0 to 1', share, 0)
    .option('--parallel <number>', 'requests that each buyer sends at once, each with its own key', positive, 1)
    .option('--over <ms>', 'all arrive within so many milliseconds', positive, 1000)
    .option('--repeat <times>', 'one rehearsal after the other; the first that is not exact ends it', positive, 1)
    .option('--watchers <number>', 'sale pages that are open beside the crowd', pages, 0)
    .option(
      '--card <share>',
      'share of the buyers who pay by card, 0 to 1, all with --gateway chaos; of them 5 % leave the page, and 10 % decline once',
      share,
    )
    .addOption(
      new Option('--gateway <mood>', 'set every fault of the demo gateway to 10 % (chaos) or to 0 (calm) meanwhile').choices([
        'chaos',
        'calm',
      ]),
    )
    .option('--json <file>', 'also write the result, of the last one')
    .option('--report <file>', 'also write an HTML page with plots, of the last one')
    .option('--keep', 'do not remove the sale and its buyers afterwards')
    .action((options: DrillOptions & { url?: string }) =>
      remotely(handlers, options, async (instance) => (await import('./drill.ts')).drill(instance, options)),
    )
}

function positive(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value === 0)
    throw new InvalidArgumentError('Give a whole number above 0.')
  return value
}

/** Each takes a port of this machine for itself. */
const PAGES_MAX = 20_000

function pages(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > PAGES_MAX) throw new InvalidArgumentError(`Give a whole number from 0 to ${PAGES_MAX}.`)
  return value
}

function share(text: string): number {
  const value = Number(text)
  if (text === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Give a number from 0 to 1, as in 0.2.')
  return value
}

// Who may import whom: core <- stations <- purchase <- http, roles <- parts, main. A type-only import counts: what two
// stations need belongs to core. Tests may import what they like, except that nothing imports main.
const station = '^src/(gate|ledger|books|events|payment|push|peers|page|shop/[^/]+)/'
const top = '^src/(main|config|parts|shared-parts|roles|open-stores|stores|postgres-stores|count-stores|store-calls|serve|serve-gateway|seed|doctor|doctor-stores|move-shop|version)\\.ts$'
const tests = '\\.(test|contract)\\.ts$'
/** `<tech>-<port>.ts`: what stands behind a port. */
const adapter =
  '^src/(gate|ledger|books|events|payment|push|peers|shop)/.*\\b' +
  '(memory|local|sql|sqlite|postgres|mysql|redis|kafka|s3|elastic|smtp|credit|demo|stripe|guarded|cached)-[^/]+\\.ts$'

/** Modules of `from` may import, of `src/`, only what `may` says. */
const only = (name, comment, from, may) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: tests },
  to: { path: '^src/', pathNot: may },
})

export default {
  forbidden: [
    {
      name: 'core-is-pure',
      comment: 'core/ imports nothing outside itself, not even of Node: what it needs is handed in.',
      severity: 'error',
      from: { path: '^src/core/', pathNot: tests },
      to: { pathNot: '^src/core/' },
    },
    only('platform-knows-no-shop', 'platform/ imports only core/.', '^src/platform/', '^src/(core|platform)/'),
    only('stations-do-not-meet', 'A station imports core/, platform/ and itself. A type that two need belongs to core/.', station, [
      '^src/(core|platform)/',
      '^src/$1/',
    ]),
    only('purchase-tells-the-story', 'purchase/ imports core/, platform/ and the ports of stations.', '^src/purchase/', [
      '^src/(core|platform|purchase)/',
      station,
    ]),
    only('moving-carries-tables', 'moving/ knows tables, not what they mean.', '^src/moving/', '^src/(core|platform|moving)/'),
    only('drill-stays-outside', 'The drill speaks HTTP to a shop, as a buyer does.', '^src/drill/', '^src/(core|platform|drill)/'),
    only('the-demo-gateway-is-somebody-else', 'gateway-demo/ knows nothing of the shop; they speak HTTP.', '^src/gateway-demo/', [
      '^src/(core|platform|gateway-demo)/',
    ]),
    only('http-is-handed-its-parts', 'http/ is handed its parts by parts.ts.', '^src/http/', [
      '^src/(core|platform|purchase|http)/',
      '^src/config\\.ts$',
      station,
    ]),
    {
      name: 'adapters-are-made-in-parts',
      comment: 'Only parts.ts, shared-parts.ts, open-stores.ts, stores.ts and count-stores.ts name adapters; all others see the port.',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, station, '^src/(parts|shared-parts|open-stores|stores|count-stores)\\.ts$'] },
      to: { path: adapter },
    },
    {
      name: 'every-file-has-a-place',
      comment: 'A folder that these rules do not know would escape them: give it a rule.',
      severity: 'error',
      from: { path: '^src/', pathNot: [station, top, '^src/(core|platform|purchase|http|drill|cli|gateway-demo|moving)/'] },
      to: {},
    },
    {
      name: 'main-is-imported-by-none',
      comment: 'main.ts starts when it is loaded.',
      severity: 'error',
      from: {},
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'src-stands-alone',
      comment: 'The simulator, the tests and the bench import src/, never the reverse.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: ['^(sim|test|bench)/', tests] },
    },
    {
      name: 'runs-without-dev-dependencies',
      comment: 'npm ci --omit=dev must be enough to sell.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycle',
      comment: 'Move what both need one step inwards. Parts of one suite may name its types.',
      severity: 'error',
      from: { pathNot: tests },
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'Nothing reaches this file.',
      severity: 'error',
      from: { orphan: true, pathNot: [tests, '\\.d\\.ts$', '^src/main\\.ts$', '^bench/main\\.ts$', '^sim/main\\.ts$', '^test/check\\.ts$'] },
      to: {},
    },
    { name: 'no-dead-link', comment: 'There is no such module.', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
}

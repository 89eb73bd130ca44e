import { fileURLToPath } from 'node:url'
import { gates } from './gates.ts'

/** `npm run check`: all gates, also after one has failed, so that one run shows all there is to mend. */
const root = fileURLToPath(new URL('..', import.meta.url))

for (const [name, gate] of Object.entries(gates)) {
  const start = performance.now()
  const { ok, output } = await gate(root)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(10)} ${seconds.padStart(5)} s`)
  if (ok) continue
  console.log(output)
  process.exitCode = 1
}

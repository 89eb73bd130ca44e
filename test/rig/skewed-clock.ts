import { readFileSync } from 'node:fs'

/** Loaded into every thread of a shop before all else: its clock is off by the milliseconds that the file says. */
const LOOK_EVERY_MS = 10
const file = process.env.RIG_CLOCK_FILE
const now = Date.now
let step = 0

if (file !== undefined) {
  setInterval(() => {
    try {
      step = Number(readFileSync(file, 'utf8'))
    } catch {
      step = 0
    }
  }, LOOK_EVERY_MS).unref()
  Date.now = () => now() + step
}

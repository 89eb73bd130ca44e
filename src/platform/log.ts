import { pino } from 'pino'

/** Never in a log line, wherever somebody puts them. */
const secrets = ['authorization', 'cookie', 'password', 'token', 'access_token', 'refresh_token', 'secret'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
])

/** One JSON object a line on standard error: standard output is for what people and scripts read. Written at once, so that
 *  the line that says why a process ended is there. */
export function makeLog(level: string): pino.Logger {
  const options = { level, redact: { paths: secrets, censor: '[hidden]' }, timestamp: pino.stdTimeFunctions.isoTime }
  return pino(options, pino.destination({ dest: 2, sync: true }))
}

import assert from 'node:assert/strict'
import { until } from '../redis-ledger.ts'
import { watchedBy } from '../redis-sentinels.ts'
import { childrenOf, isWorker } from '../set/children-of.ts'
import type { ShopSet } from '../set/set.ts'

/** What can be struck. After `back` it is as it was, or somebody else stands in for it, and all of it is there again. */
export type Target = {
  kill(): Promise<void>
  /** It stands still, and goes on. */
  pause(): void
  resume(): void
  back(killed: boolean): Promise<void>
}

/** Every process of the set by what it is; of those of a role the one that `turn` falls on. */
export function targetsOf(set: ShopSet, turn: number): Record<string, Target> {
  const one = <T>(all: T[]): T => all[turn % all.length] ?? assert.fail('the set has none')
  const members = ['api', 'relay', 'payments', 'scheduler', 'gateway-demo'] as const
  const sentinel = one(set.redis.sentinels)
  return {
    ...Object.fromEntries(members.map((role) => [role, ofMember(one(set.of(role)))])),
    'nginx worker': ofWorker(set, turn),
    'Redis primary': ofPrimary(set),
    'Redis replica': {
      ...signalled(() => [set.redis.replica.pid()]),
      kill: () => set.redis.replica.kill(),
      back: () => set.redis.mend(),
    },
    Sentinel: {
      ...signalled(() => [sentinel.pid()]),
      kill: async () => sentinel.kill(),
      back: async (killed) => {
        if (killed) await sentinel.start()
        await set.redis.mend()
      },
    },
    'shared Redis': {
      ...signalled(() => [set.cache.pid()]),
      kill: () => set.cache.kill(),
      back: async (killed) => void (killed && (await set.cache.start())),
    },
    PostgreSQL: {
      ...signalled(() => [set.postgres.pid(), ...childrenOf(set.postgres.pid())]),
      kill: () => set.postgres.crash(),
      back: async (killed) => void (killed && (await set.postgres.start())),
    },
  }
}

function ofMember(one: ShopSet['members'][number]): Target {
  const back = async (killed: boolean) => void (killed && (await one.start()))
  return { kill: () => one.kill(), pause: () => one.pause(), resume: () => one.resume(), back }
}

/** nginx starts another by itself. */
function ofWorker({ nginx }: ShopSet, turn: number): Target {
  const workers = childrenOf(nginx.pid).filter(isWorker)
  const pid = workers[turn % workers.length] ?? 0
  return { ...signalled(() => [pid]), kill: async () => void process.kill(pid, 'SIGKILL'), back: async () => {} }
}

/** The Sentinels promote the other; who comes back follows it. */
function ofPrimary({ redis }: ShopSet): Target {
  return {
    ...signalled(() => [redis.primary.pid()]),
    kill: () => redis.failOver(),
    async back(killed) {
      // Each agrees with the others in its own time.
      const primaries = await until(async () => {
        const named = new Set<number>()
        for (const sentinel of redis.sentinels) named.add((await watchedBy(sentinel)).primary)
        assert.equal(named.size, 1)
        return named
      })
      if (!killed && !primaries.has(redis.primary.port)) redis.swap()
      await redis.mend()
    },
  }
}

function signalled(pids: () => number[]): Pick<Target, 'pause' | 'resume'> {
  let paused: number[] = []
  return {
    pause() {
      paused = pids()
      for (const pid of paused) signal(pid, 'SIGSTOP')
    },
    resume() {
      for (const pid of paused) signal(pid, 'SIGCONT')
    },
  }
}

/** One of a server's own processes may have ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

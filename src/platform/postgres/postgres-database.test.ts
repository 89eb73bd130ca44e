import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type PostgresServer, startPostgres, withoutPostgres } from '../../../test/postgres-server.ts'
import { openDatabase } from '../../../test/postgres-stores.ts'
import { DuplicateKey } from '../duplicate-key.ts'
import { migrate } from '../sql.ts'
import type { PostgresDatabase } from './postgres-database.ts'

describe('PostgreSQL', { skip: withoutPostgres, timeout: 120_000 }, () => {
  let server: PostgresServer
  let url: string
  let db: PostgresDatabase
  before(async () => {
    server = await startPostgres({ deadlock_timeout: '100ms' })
    url = await server.newDatabase()
    db = openDatabase(url)
    await db.write(async (sql) => {
      await sql.run('CREATE TABLE things (id varchar(9) PRIMARY KEY, value bigint NOT NULL)')
      await sql.run("INSERT INTO things VALUES ('a', 0), ('b', 0)")
    })
  })
  after(async () => {
    await db[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  const add = 'UPDATE things SET value = value + ? WHERE id = ?'
  const readValue = (id: string) =>
    db.read(async (sql) => (await sql.all<{ value: number }>('SELECT value FROM things WHERE id = ?', id))[0]?.value)
  /** Ends the connections that are doing this. */
  const terminate = async (doing: string) => {
    const text =
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state = ? AND query LIKE ?'
    while ((await db.read((sql) => sql.all(text, 'active', `${doing}%`))).length === 0);
  }

  it('keeps all of a transaction or nothing', async () => {
    const none = db.write(async (sql) => {
      await sql.run(add, 5, 'a')
      throw new Error('no')
    })
    await assert.rejects(none, /^Error: no$/)
    assert.equal(await db.write((sql) => sql.run(add, 1, 'a')), 1)
    assert.equal(await readValue('a'), 1)
  })

  it('heals a deadlock: who lost begins again from the start', async () => {
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    let attempts = 0
    const crosswise = (first: string, then: string, mine: PromiseWithResolvers<void>, other: PromiseWithResolvers<void>) =>
      db.write(async (sql) => {
        attempts++
        await sql.run(add, 10, first)
        mine.resolve()
        await other.promise
        await sql.run(add, 10, then)
      })
    const [a, b] = [await readValue('a'), await readValue('b')]
    await Promise.all([crosswise('a', 'b', both[0], both[1]), crosswise('b', 'a', both[1], both[0])])
    assert.equal(attempts, 3)
    assert.deepEqual([await readValue('a'), await readValue('b')], [(a ?? 0) + 20, (b ?? 0) + 20])
  })

  it('heals a key that another transaction took between the look and the insert, once', async () => {
    let attempts = 0
    const made = await db.write(async (sql) => {
      attempts++
      const [known] = await sql.all('SELECT id FROM things WHERE id = ?', 'taken')
      if (known) return 'known'
      await db.write((other) => other.run('INSERT INTO things VALUES (?, 0)', 'taken'))
      await sql.run('INSERT INTO things VALUES (?, 1)', 'taken')
      return 'made'
    })
    assert.deepEqual([made, attempts], ['known', 2])
    await assert.rejects(
      db.write((sql) => sql.run('INSERT INTO things VALUES (?, 1)', 'taken')),
      (error) => error instanceof DuplicateKey && error.outcome === 'refused',
    )
  })

  it('ends what takes too long, and tells of what was slow without its values', async () => {
    const slow: string[] = []
    await using impatient = openDatabase(`${url}?statement_timeout=1500`, (text) => slow.push(text))
    const long = impatient.write((sql) => sql.all('SELECT pg_sleep(60) WHERE ? = ?', 'secret', 'secret'))
    await assert.rejects(long, { code: 'store-busy', outcome: 'refused' })
    assert.deepEqual(slow, ['SELECT pg_sleep(60) WHERE ? = ?'])
  })

  it('calls it refused where the connection breaks before the commit, and goes on with another one', async () => {
    const cut = db.write(async (sql) => {
      await sql.run(add, 1, 'b')
      await sql.all('SELECT pg_sleep(60)')
    })
    const before = await readValue('b')
    await Promise.all([assert.rejects(cut, { code: 'store-away', outcome: 'refused' }), terminate('SELECT pg_sleep')])
    assert.equal(await readValue('b'), before)
  })

  it('calls it unknown where the commit is not answered, and refused where the answer is no', async () => {
    await db.write(async (sql) => {
      await sql.run(`CREATE FUNCTION lately() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.value = 1 THEN RAISE check_violation; END IF; PERFORM pg_sleep(60); RETURN NULL; END $$`)
      await sql.run('CREATE TABLE late (value bigint)')
      await sql.run(`CREATE CONSTRAINT TRIGGER late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION lately()`)
    })
    const insert = (value: number) => db.write((sql) => sql.run('INSERT INTO late VALUES (?)', value))
    await assert.rejects(insert(1), { code: 'store-failed', outcome: 'refused' })
    await Promise.all([assert.rejects(insert(2), { code: 'store-away', outcome: 'unknown' }), terminate('COMMIT')])
  })

  it('does not take a transaction for done of which a statement had failed', async () => {
    const swallowed = db.write(async (sql) => {
      await sql.run(add, 1, 'a')
      await sql.run('INSERT INTO nowhere VALUES (1)').catch(() => {})
    })
    await assert.rejects(swallowed, { code: 'store-failed', outcome: 'refused' })
  })

  it('lets no statement come after its transaction', async () => {
    let kept: ((text: string) => Promise<unknown>) | undefined
    await db.write(async (sql) => {
      kept = (text) => sql.run(text)
    })
    await assert.rejects(kept?.('SELECT 1') ?? assert.fail(), { name: 'Bug' })
  })

  it('reads counts, sums and facts as numbers, up to 2^53-1 and no further', async () => {
    const read = (text: string) => db.read(async (sql) => (await sql.all<{ it: unknown }>(`SELECT ${text} AS it`))[0]?.it)
    assert.equal(await read('9007199254740991'), Number.MAX_SAFE_INTEGER)
    assert.equal(await read('(SELECT sum(value) FROM (VALUES (1::bigint), (2)) v (value))'), 3)
    assert.deepEqual([await read('1 = 1'), await read('1 = 2'), await read('NULL::bigint')], [1, 0, null])
    for (const text of ['9007199254740992', '-9007199254740992', '0.5', "'NaN'::numeric"])
      await assert.rejects(read(text), { code: 'store-failed', outcome: 'refused' }, text)
    await assert.rejects(
      db.read((sql) => sql.all('SELECT ?', undefined as never)),
      { name: 'Bug' },
    )
  })

  it('sees one moment in a reading of several statements', async () => {
    const seen = await db.read(async (sql) => {
      const look = async () => (await sql.all<{ value: number }>("SELECT value FROM things WHERE id = 'a'"))[0]?.value
      const first = await look()
      await db.write((other) => other.run(add, 1, 'a'))
      return [first, await look()]
    })
    assert.equal(seen[0], seen[1])
    await assert.rejects(
      db.read((sql) => sql.run(add, 1, 'a')),
      { outcome: 'refused' },
    )
  })

  it("tells the database's time", async () => {
    const [row] = await db.read((sql) =>
      sql.all<{ now: number }>('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000) AS now'),
    )
    const parted = Math.abs(db.now() - (row?.now ?? 0))
    assert.ok(parted < 1000, `${parted} ms`)
  })

  it('runs each migration once, whoever comes first, and the others wait', async () => {
    const fresh = await server.newDatabase()
    const comers = [1, 2, 3, 4, 5].map(() => openDatabase(`${fresh}?statement_timeout=50`))
    const statements = () => ['CREATE TABLE one (id integer PRIMARY KEY, name text)', 'SELECT pg_sleep(0.2)']
    const two = { id: 'two', statements: () => ["INSERT INTO one (name) VALUES ('first')"] }
    const applied = await Promise.all(comers.map((one) => migrate(one, [{ id: 'one', statements }, two], 7)))
    assert.deepEqual(applied.flat().sort(), ['one', 'two'])
    const [first] = comers
    assert.deepEqual(await first?.read((sql) => sql.all('SELECT id, name FROM one')), [{ id: 1, name: 'first' }])
    for (const one of comers) await one[Symbol.asyncDispose]()
  })

  it('refuses while the server is away, and goes on when it is back', async () => {
    await server.crash()
    await assert.rejects(
      db.write((sql) => sql.run(add, 1, 'a')),
      { code: 'store-away', outcome: 'refused' },
    )
    await server.start()
    const before = await readValue('a')
    assert.equal(await db.write((sql) => sql.run(add, 1, 'a')), 1)
    assert.equal(await readValue('a'), (before ?? 0) + 1)
  })
})

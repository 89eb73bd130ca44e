import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, PasswordTurns, passwordMatches } from './passwords.ts'

test('a password matches its own hash and nothing else', async () => {
  const hashed = await hashPassword('correct horse')
  assert.match(hashed, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal(await passwordMatches('correct horse', hashed), true)
  assert.equal(await passwordMatches('Correct horse', hashed), false)
  assert.equal(await passwordMatches('', null), false)
})

test('no more turns are taken at once than allowed, in the order they came, and a full line says so', async () => {
  for (const atOnce of [1, 3]) {
    const turns = new PasswordTurns(atOnce, 5)
    const order: number[] = []
    let atWork = 0
    let most = 0
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        turns
          .take(async () => {
            most = Math.max(most, ++atWork)
            order.push(at)
            await hashPassword('x')
            atWork--
            if (at === 2) throw new Error('failed')
            return at
          })
          .catch(() => 'failed'),
      ),
    )
    const served = Array.from({ length: atOnce + 5 }, (_, at) => at)
    assert.equal(most, atOnce)
    assert.deepEqual(order, served)
    assert.deepEqual(outcomes, [...served.map((at) => (at === 2 ? 'failed' : at)), ...Array(7 - atOnce).fill('busy')])
    assert.equal(await turns.take(async () => 'free'), 'free')
  }
})

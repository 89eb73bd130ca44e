-- Writes some orders of a sale that is being built anew, beside the live one. Repeated until all are there; open.lua then puts
-- them in its place. What nobody opens goes by itself.
-- KEYS[1] KEYS[2] KEYS[3] as in sale.lua, with the name of this build behind them
-- ARGV[1] epoch
-- ARGV[2] seconds until what was written goes
-- ARGV[3] and on, 11 for each order, in order of (epoch, seq): order, state, epoch, seq, buyer, product, quantity, method, time
--         of the reserve, key digest, body digest
-- Returns the number of orders that are there
if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('XADD', KEYS[3], '0-1', 'order', '', 'buyer', '') end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
redis.call('HSET', KEYS[2], 'epoch', ARGV[1])
for i = 3, #ARGV, 11 do
  local id, state, buyer, product, quantity, key = ARGV[i], ARGV[i + 1], ARGV[i + 4], ARGV[i + 5], ARGV[i + 6], ARGV[i + 9]
  redis.call('XADD', KEYS[3], ARGV[i + 2] .. '-' .. ARGV[i + 3], 'order', id, 'buyer', buyer)
  redis.call('HSET', KEYS[2], 'order:' .. id, table.concat(ARGV, '\n', i + 1, i + 10), 'key:' .. buyer .. ':' .. key, id)
  if isLive(state) then
    redis.call('HINCRBY', KEYS[1], product .. (state == 'PENDING' and ':held' or ':sold'), quantity)
    local taken, live = string.match(redis.call('HGET', KEYS[2], 'buyer:' .. buyer) or '0', '^(%d+)(.*)$')
    redis.call('HSET', KEYS[2], 'buyer:' .. buyer, int(taken + quantity) .. live .. ' ' .. id)
  end
end
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[2]) end
return redis.call('XLEN', KEYS[3]) - 1

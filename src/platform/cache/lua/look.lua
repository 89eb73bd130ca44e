-- What is kept under a key while it is fresh; else the lock to rebuild it, where nobody has that.
-- KEYS[1] epoch of the cache  KEYS[2] value  KEYS[3] lock
-- ARGV[1] an id that is nobody else's  ARGV[2] life of the lock, ms  ARGV[3] '1', or '0' to pass over what is kept
-- Returns {'fresh', text, ms}, {'mine', lock}, or {'theirs', text}: what was fresh once, if there is one
local epoch = redis.call('GET', KEYS[1])
if not epoch then
  epoch = ARGV[1]
  redis.call('SET', KEYS[1], epoch)
end
local kept = redis.pcall('HMGET', KEYS[2], 'epoch', 'until', 'text')
local text
if ARGV[3] == '1' and not kept.err and kept[1] == epoch and kept[3] then
  text = kept[3]
  local time = redis.call('TIME')
  local left = (tonumber(kept[2]) or 0) - (time[1] * 1000 + math.floor(time[2] / 1000))
  if left > 0 then return {'fresh', text, left} end
end
-- Who began before all was forgotten may keep nothing, so nobody waits for them.
local holder, mine = redis.call('GET', KEYS[3]), epoch .. ' ' .. ARGV[1]
if holder and string.match(holder, '^%S+') == epoch then return {'theirs', text} end
redis.call('SET', KEYS[3], mine, 'PX', ARGV[2])
return {'mine', mine}

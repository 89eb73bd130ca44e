-- Says which of these buyers a process has sockets of, for a while. What a process that was killed left behind runs out.
-- KEYS    of each buyer the sorted set of server ids by when they run out
-- ARGV[1] the process's server id
-- ARGV[2] milliseconds until it runs out
-- ARGV[3] and on, for each buyer: 1 it has some | 0 it has none any more
-- Returns nothing. A key that somebody else made another kind of is left alone, and keeps no other buyer from being told.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i, key in ipairs(KEYS) do
  if ARGV[i + 2] == '1' then
    redis.pcall('ZREMRANGEBYSCORE', key, '-inf', now)
    redis.pcall('ZADD', key, now + ARGV[2], ARGV[1])
    redis.pcall('PEXPIRE', key, ARGV[2])
  else
    redis.pcall('ZREM', key, ARGV[1])
  end
end

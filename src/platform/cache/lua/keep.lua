-- Keeps what the holder of the lock has loaded, and frees the lock. Not where the key, or all, was forgotten meanwhile: then the
-- lock is gone, or the epoch is another.
-- KEYS as in look.lua
-- ARGV[1] lock, as look.lua gave it  ARGV[2] text  ARGV[3] ms it is fresh  ARGV[4] ms it is kept
-- Returns 1 where it was kept
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[3])
local epoch = string.match(ARGV[1], '^%S+')
if redis.call('GET', KEYS[1]) ~= epoch then return 0 end
local time = redis.call('TIME')
local till = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'epoch', epoch, 'until', string.format('%.0f', till), 'text', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1

-- Keeps what the holder of the lock has loaded, and frees the lock. Not where the key was forgotten meanwhile: then the lock is gone.
-- Where all was, what is kept here is of an epoch that is over, and is not shown.
-- KEYS[1] value  KEYS[2] lock
-- ARGV[1] lock, as look.lua gave it  ARGV[2] text  ARGV[3] ms it is fresh  ARGV[4] ms it is kept
-- Returns 1 where it was kept
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
local time = redis.call('TIME')
local till = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('HSET', KEYS[1], 'epoch', string.match(ARGV[1], '^%S+'), 'until', string.format('%.0f', till), 'text', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1

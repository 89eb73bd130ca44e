-- KEYS[1] key of the lock  ARGV[1] lock, as look.lua gave it
-- Returns 1, or 0 where it is no longer the holder's
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])

-- KEYS[1] lock  ARGV[1] token
-- Returns 1, or 0 where it is no longer the holder's
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])

-- Forgets some keys, or all, and tells the other processes. A load that is under way loses its lock, or its epoch, and with that
-- the right to keep what it finds.
-- KEYS[1] epoch of the cache  KEYS[2] and on: values and locks to delete
-- ARGV[1] channel  ARGV[2] message  ARGV[3] the new epoch where all is forgotten, else ''
if ARGV[3] ~= '' then redis.call('SET', KEYS[1], ARGV[3]) end
for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
return redis.call('PUBLISH', ARGV[1], ARGV[2])

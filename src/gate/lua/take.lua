-- Takes a turn of each key by the generic cell rate algorithm (ITU-T I.371). Of a key one number is kept, the time at which all its
-- turns would be used up if they were taken at the even rate. It goes a second after that: gone too early, it would give turns away.
-- KEYS  what is limited; one may come several times
-- ARGV  two for each key: microseconds of a turn, turns at once
-- Returns for each key 0, or the microseconds until a turn is free
local at, waits = now(), {}
for i = 1, #KEYS do
  local turn, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local used = tonumber(redis.pcall('GET', KEYS[i]) or at) or at
  if used < at then used = at end
  local wait = math.ceil(used - at - (burst - 1) * turn)
  if wait > 0 then
    waits[i] = wait
  else
    waits[i] = 0
    used = used + turn
    redis.call('SET', KEYS[i], string.format('%.0f', used), 'PX', math.ceil((used - at) / 1000) + 1000)
  end
end
return waits

-- Tells each process that has sockets of a buyer, in one message a process.
-- KEYS    of each hint the servers of its buyer, as register.lua keeps them
-- ARGV[1] the server id of who tells, who has told its own sockets
-- ARGV[2] and on, of each hint its text
-- Returns how many hints somebody heard, and how many nobody did: a process that is gone, or connects anew.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local texts = {}
for i, key in ipairs(KEYS) do
  local servers = redis.pcall('ZRANGEBYSCORE', key, now, '+inf')
  if not servers.err then
    for _, server in ipairs(servers) do
      texts[server] = texts[server] or {}
      table.insert(texts[server], ARGV[i + 1])
    end
  end
end
texts[ARGV[1]] = nil
local heard, unheard = 0, 0
for server, list in pairs(texts) do
  if redis.call('PUBLISH', 'payment_update:' .. server, '[' .. table.concat(list, ',') .. ']') > 0 then
    heard = heard + #list
  else
    unheard = unheard + #list
  end
end
return { heard, unheard }

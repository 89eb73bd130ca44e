-- A page of the outbox, each entry with what became of its order.
-- KEYS    as sale.lua names them
-- ARGV[1] incarnation of the server
-- ARGV[2] ARGV[3] ids, from and to
-- ARGV[4] entries at most
-- Returns `lost`, or 4 for each entry: its id, order, buyer, record. One whose order is gone has an empty record.
local sale = known()
if not sale then return 'lost' end
local entries, fields = redis.call('XRANGE', KEYS[3], ARGV[2], ARGV[3], 'COUNT', ARGV[4]), {}
for i, entry in ipairs(entries) do fields[i] = 'order:' .. entry[2][2] end
local records = fetch(KEYS[2], fields)
local page = {}
for i, entry in ipairs(entries) do
  page[#page + 1] = entry[1]
  page[#page + 1] = entry[2][2]
  page[#page + 1] = entry[2][4]
  page[#page + 1] = records[fields[i]] or ''
end
return page

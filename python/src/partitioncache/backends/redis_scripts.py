"""What runs inside Redis: scripts in Lua that take an entry's parts for what they are, or say that some are missing."""

from __future__ import annotations

from typing import Final

PUBLISH: Final = """
local old = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[3])
return old
"""
"""Puts a layout into the list of entries (KEYS[1]: entries, KEYS[2]: what is being written; ARGV: hash, layout,
what was being written); the answer is the layout that was there."""

FORGET: Final = """
local old = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
return {old, redis.call('HDEL', KEYS[2], ARGV[1])}
"""
"""Removes an entry and its query (KEYS: entries, queries; ARGV: hash); the answer: its layout, and 1 for a query."""

FORGET_THIS: Final = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
"""
"""Removes an entry if its layout is still this one (KEYS: entries; ARGV: hash, layout)."""

FORGET_ALL: Final = """
local old = redis.call('HVALS', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])
return old
"""
"""Removes all entries and queries (KEYS: entries, queries); the answer: their layouts."""

STORE_NUMBERS: Final = """
local members = {}
for number in string.gmatch(ARGV[1], '[^,]+') do members[#members + 1] = number end
return redis.call('SADD', KEYS[1], unpack(members))
"""
"""Makes a set of numbers (KEYS: its name; ARGV: the numbers with commas between). One argument for the client
library to send and not one a number: that makes it five times as fast."""

READ_NUMBERS: Final = """
return table.concat(redis.call('SMEMBERS', KEYS[1]), ',')
"""
"""The numbers of a set with commas between (KEYS: its name)."""

INTERSECT_SETS: Final = """
local entries, widest = {}, 0
for i = 2, #ARGV, 3 do
    local entry = {ARGV[i], tonumber(ARGV[i + 1])}
    local names, found = {}, 0
    for j = 0, entry[2] - 1 do
        names[#names + 1] = KEYS[1] .. entry[1] .. ':' .. j
        if #names == 1000 or j == entry[2] - 1 then
            found = found + redis.call('EXISTS', unpack(names))
            names = {}
        end
    end
    if found ~= tonumber(ARGV[i + 2]) then return false end
    entries[#entries + 1] = entry
    if entry[2] > widest then widest = entry[2] end
end
local result = {}
for j = 0, widest - 1 do
    local names = {}
    for i, entry in ipairs(entries) do names[i] = KEYS[1] .. entry[1] .. ':' .. (j % entry[2]) end
    for _, member in ipairs(redis.call('SINTER', unpack(names))) do result[#result + 1] = member end
end
if ARGV[1] == 'numbers' then return table.concat(result, ',') end
return result
"""
"""What several entries have in common in one slot.

KEYS: the prefix of the parts' names. ARGV: numbers or texts, and for each entry its version, into how many sets it is
split, and how many of them exist. The answer is nil if a part is missing; numbers come as one text, commas between."""

INTERSECT_BITS: Final = """
local names, smallest, least = {}, nil, nil
for i = 1, #ARGV, 2 do
    local name, chunks = KEYS[1] .. ARGV[i], tonumber(ARGV[i + 1])
    if redis.call('HLEN', name) ~= chunks then return false end
    names[#names + 1] = name
    if not least or chunks < least then smallest, least = name, chunks end
end
local result, work = {}, KEYS[1] .. 'work'
for _, chunk in ipairs(redis.call('HKEYS', smallest)) do
    local everywhere, operands = true, {}
    for i, name in ipairs(names) do
        local bits = redis.call('HGET', name, chunk)
        if not bits then everywhere = false break end
        if bits ~= '' then
            operands[#operands + 1] = work .. i
            redis.call('SET', work .. i, bits)
        end
    end
    if everywhere and #operands == 0 then
        result[#result + 1] = chunk
        result[#result + 1] = ''
    elseif everywhere then
        redis.call('BITOP', 'AND', work, unpack(operands))
        if redis.call('BITCOUNT', work) > 0 then
            result[#result + 1] = chunk
            result[#result + 1] = redis.call('GET', work)
        end
    end
end
redis.call('DEL', work)
for i = 1, #names do redis.call('DEL', work .. i) end
return result
"""
"""The same for bitmaps. ARGV: for each entry its version and its number of chunks. The answer: chunk, bits, chunk,
bits, and so on; nil if a chunk is missing. No bits at all stand for a chunk with all of them set."""

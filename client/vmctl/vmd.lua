-- Wireshark's view of what vmctl record keeps
--
--     tshark -X lua_script:vmd.lua -r FILE
--     wireshark -X lua_script:vmd.lua FILE
--
-- A packet is a message, or a part of its data, behind a head:
--
--     0        1     2          3      4           8       12    16         20        24
--     │version │what │direction │flags │connection │number │size │data size │reserved │at
--
-- With it go Mach's header, the descriptors, the code of a reply, and the body:
-- its fields are named as in the .proto files. A request and its reply have one
-- number, and point to each other.

-- What the build has put in: routines and notices by id, and codes.
local routines, notices, codes = {}, {}, {}
--@TABLES@

local HEAD, HELLO, DESCRIPTOR = 32, 32, 16
local COMPLEX = 0x80000000
local REPLY_DELTA, BOOTSTRAP = 100, 0x203
local kinds = { [0] = "hello", "message", "data", "end" }
local directions = { [0] = "to the daemon", "from the daemon" }
local personalities = { [0] = "the daemon's", "osf", "xnu", "gnu" }

local vmd = Proto("vmd", "Mach virtual memory (vmd)")
local f = {
	version = ProtoField.uint8("vmd.version", "Version"),
	what = ProtoField.uint8("vmd.what", "What", base.DEC, kinds),
	direction = ProtoField.uint8("vmd.direction", "Direction", base.DEC, directions),
	flags = ProtoField.uint8("vmd.flags", "Flags", base.HEX),
	more = ProtoField.bool("vmd.flags.more", "Data follow in other packets", 8, nil, 1),
	own = ProtoField.bool("vmd.flags.own", "Answered by the recorder", 8, nil, 2),
	connection = ProtoField.uint32("vmd.connection", "Connection"),
	number = ProtoField.uint32("vmd.number", "Number"),
	at = ProtoField.uint64("vmd.at", "Data before these", base.DEC),
	bits = ProtoField.uint32("vmd.bits", "Bits", base.HEX),
	size = ProtoField.uint32("vmd.size", "Size"),
	remote = ProtoField.uint32("vmd.remote", "Remote port", base.HEX),
	["local"] = ProtoField.uint32("vmd.local", "Local port", base.HEX),
	id = ProtoField.int32("vmd.id", "Id"),
	routine = ProtoField.string("vmd.routine", "Routine"),
	code = ProtoField.int32("vmd.code", "Code", base.DEC, codes),
	descriptor = ProtoField.uint64("vmd.descriptor.size", "Data of a descriptor"),
	body = ProtoField.bytes("vmd.body", "Body"),
	field = ProtoField.string("vmd.field", "Field"),
	data = ProtoField.bytes("vmd.data", "Data"),
	data_size = ProtoField.uint32("vmd.data.size", "Data size"),
	personality = ProtoField.uint32("vmd.personality", "Personality", base.DEC,
	    personalities),
	request = ProtoField.framenum("vmd.request", "Request in", base.NONE,
	    frametype.REQUEST),
	reply = ProtoField.framenum("vmd.reply", "Reply in", base.NONE,
	    frametype.RESPONSE),
	time = ProtoField.relative_time("vmd.time", "Time since the request"),
}
for _, field in pairs(f) do
	table.insert(vmd.fields, field)
end
local short = ProtoExpert.new("vmd.short", "The packet is too short",
    expert.group.MALFORMED, expert.severity.ERROR)
vmd.experts = { short }

-- What is known of requests, by connection and number.
local calls = {}

function vmd.init()
	calls = {}
end

local function call_of(connection, number)
	local key = connection .. "." .. number

	calls[key] = calls[key] or {}
	return calls[key]
end

-- A few ids are two services': those for the registry are its own.
local function routine_of(id, remote)
	local routine = routines[id]

	if routine and routine.bootstrap and remote == BOOTSTRAP then
		return routine.bootstrap
	end
	return routine
end

-- --- Bodies: protobuf, as it travels ----------------------------------------

-- Returns a number and where the next thing begins; nil: there is none.
local function varint(tvb, at)
	local value, shift = UInt64(0), 0

	while at < tvb:len() and shift < 64 do
		local byte = tvb(at, 1):uint()

		value = value:bor(UInt64(byte % 128):lshift(shift))
		at, shift = at + 1, shift + 7
		if byte < 128 then
			return value, at
		end
	end
	return nil
end

-- Bytes of a field of this type from there on; and its text.
local function contents(tvb, at, kind)
	local value, after

	if kind == 0 then
		value, after = varint(tvb, at)
		if value then
			return after - at, "0x" .. value:tohex(16):gsub("^0+(%x)", "%1")
		end
	elseif kind == 2 then
		value, after = varint(tvb, at)
		if value and value <= UInt64(tvb:len() - after) then
			local size = value:tonumber()
			local bytes = size > 0 and tvb(after, size):bytes():tohex() or ""

			return after - at + size, #bytes > 64 and bytes:sub(1, 64) .. "..." or bytes
		end
	elseif (kind == 1 or kind == 5) and at + (kind == 1 and 8 or 4) <= tvb:len() then
		local size = kind == 1 and 8 or 4

		return size, tvb(at, size):bytes():tohex()
	end
	return nil
end

local function add_body(tvb, names, tree)
	local at, texts = 0, {}

	while at < tvb:len() do
		local key, after = varint(tvb, at)
		local size, text

		if not key then
			break
		end
		key = key:tonumber()
		size, text = contents(tvb, after, key % 8)
		if not size then
			break
		end
		local number = math.floor(key / 8)
		local name = names and names[number] or "field " .. number

		text = name .. "=" .. text
		tree:add(f.field, tvb(at, after + size - at), text)
		table.insert(texts, text)
		at = after + size
	end
	return table.concat(texts, " ")
end

-- --- Messages ---------------------------------------------------------------

local function add_pair(pinfo, tree, connection, number, is_request)
	local call = call_of(connection, number)
	local other = is_request and call.reply or call.request

	if not pinfo.visited then
		call[is_request and "request" or "reply"] = pinfo.number
		if is_request then
			call.time = pinfo.rel_ts
		end
	end
	if other then
		tree:add(is_request and f.reply or f.request, other):set_generated()
	end
	if not is_request and call.time then
		local took = pinfo.rel_ts - call.time
		local seconds = math.floor(took)

		tree:add(f.time, NSTime(seconds, math.floor((took - seconds) * 1e9 + 0.5)))
		    :set_generated()
	end
	return call
end

-- Where what is behind the descriptors begins.
local function add_descriptors(tvb, tree)
	local count = tvb(24, 4):le_uint()

	for i = 0, count - 1 do
		local at = 32 + DESCRIPTOR * i

		if at + DESCRIPTOR > tvb:len() then
			return nil
		end
		tree:add_le(f.descriptor, tvb(at + 8, 8))
	end
	return 32 + DESCRIPTOR * count
end

-- Returns what the list of packets is to say; nil: the packet is too short.
local function add_message(tvb, pinfo, tree, connection, number, is_request)
	if tvb:len() < 24 then
		return nil
	end
	local id, remote = tvb(20, 4):le_int(), tvb(8, 4):le_uint()
	local bits, at, routine, names, text = tvb(0, 4):le_uint(), 24, nil, nil, ""

	tree:add_le(f.bits, tvb(0, 4))
	tree:add_le(f.size, tvb(4, 4))
	tree:add_le(f.remote, tvb(8, 4))
	tree:add_le(f["local"], tvb(12, 4))
	tree:add_le(f.id, tvb(20, 4))
	if number > 0 then
		local call = add_pair(pinfo, tree, connection, number, is_request)

		if is_request then
			call.remote = remote
		end
		routine = routine_of(is_request and id or id - REPLY_DELTA, call.remote)
		names = routine and (is_request and routine.request or routine.reply)
	else
		routine = notices[id]
		names = routine and routine.request
	end
	local name = routine and routine.name or "routine " .. id

	tree:add(f.routine, name):set_generated()
	if bits >= COMPLEX then
		at = tvb:len() >= 32 and add_descriptors(tvb, tree)
	end
	if not is_request and number > 0 then
		if not at or at + 4 > tvb:len() then
			return nil
		end
		local code = tvb(at, 4):le_int()

		tree:add_le(f.code, tvb(at, 4))
		at, text = at + 4, " = " .. (codes[code] or tostring(code))
	end
	if not at or at > tvb:len() then
		return nil
	end
	if at < tvb:len() then
		local body = tvb(at)
		local under = tree:add(f.body, body)

		text = text .. " " .. add_body(body:tvb(), names, under)
	end
	return (number > 0 and "" or "notice ") .. name .. text
end

local function add_hello(tvb, tree, is_request)
	if tvb:len() < HELLO then
		return nil
	end
	if is_request then
		tree:add_le(f.personality, tvb(8, 4))
		return "hello"
	end
	tree:add_le(f.code, tvb(8, 4))
	tree:add_le(f.personality, tvb(12, 4))
	return "welcome"
end

-- --- Packets ----------------------------------------------------------------

local function add_head(tvb, tree)
	tree:add(f.version, tvb(0, 1))
	tree:add(f.what, tvb(1, 1))
	tree:add(f.direction, tvb(2, 1))
	local flags = tree:add(f.flags, tvb(3, 1))

	flags:add(f.more, tvb(3, 1))
	flags:add(f.own, tvb(3, 1))
	tree:add_le(f.connection, tvb(4, 4))
	tree:add_le(f.number, tvb(8, 4))
	tree:add_le(f.data_size, tvb(16, 4))
	tree:add_le(f.at, tvb(24, 8))
end

function vmd.dissector(tvb, pinfo, root)
	local tree = root:add(vmd, tvb())

	pinfo.cols.protocol = "vmd"
	if tvb:len() < HEAD then
		tree:add_proto_expert_info(short)
		return
	end
	add_head(tvb, tree)
	local what, is_request = tvb(1, 1):uint(), tvb(2, 1):uint() == 0
	local connection, number = tvb(4, 4):le_uint(), tvb(8, 4):le_uint()
	local size, data_size = tvb(12, 4):le_uint(), tvb(16, 4):le_uint()
	local text = kinds[what] or "unknown"
	local program = "program " .. connection

	pinfo.cols.src = is_request and program or "daemon"
	pinfo.cols.dst = is_request and "daemon" or program
	if HEAD + size + data_size > tvb:len() then
		tree:add_proto_expert_info(short)
		return
	end
	if size > 0 then
		local message = tvb(HEAD, size):tvb()

		if what == 0 then
			text = add_hello(message, tree, is_request)
		else
			text = add_message(message, pinfo, tree, connection, number, is_request)
		end
	end
	if not text then
		tree:add_proto_expert_info(short)
		return
	end
	if data_size > 0 then
		tree:add(f.data, tvb(HEAD + size, data_size))
		text = text .. ", " .. data_size .. " bytes of data"
	end
	pinfo.cols.info = connection .. (number > 0 and "." .. number or "") .. " " .. text
end

DissectorTable.get("wtap_encap"):add((rawget(_G, "wtap_encaps") or wtap).USER0, vmd)

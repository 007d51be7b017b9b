-- wrk script: sends requests for PERSONS persons in turn; each thread begins at another person. All requests are formatted
-- before the measurement, so that wrk uses little processor time during it.
--   METHOD    GET or PUT
--   PERSONS   number of persons
--   FIRST     the first person (1)
--   QUERY     the target's query, such as ?w=180
--   PICTURES  for PUT: two files separated by a blank, put in turn
--   TAGS      for a conditional GET: a file with one entity tag per line, for person 1, 2, …
--   SIGNED    1: with a user name and a password
--   RANDOM    1: random persons instead of all in turn; formats requests when they are sent, for millions of persons
--   RESULT    the JSON file for the figures
--   CHECKED   the expected status: checks the status of every answer, and with GET and PICTURES every byte; slows wrk down
local requests = {}
local pictures = {}
local threads = 0
local checked = tonumber(os.getenv("CHECKED"))

local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("*a")
    file:close()
    return text
end

function setup(thread)
    thread:set("start", threads * 97)
    threads = threads + 1
end

function init()
    local method = os.getenv("METHOD")
    local persons = tonumber(os.getenv("PERSONS"))
    local first = tonumber(os.getenv("FIRST") or "1")
    local query = os.getenv("QUERY") or ""
    local tags = os.getenv("TAGS") and io.lines(os.getenv("TAGS"))
    for path in (os.getenv("PICTURES") or ""):gmatch("%S+") do
        pictures[#pictures + 1] = read(path)
    end
    at = start
    math.randomseed(start + 1)
    reading = method == "GET" and not tags
    if os.getenv("RANDOM") == "1" then
        local signed = os.getenv("SIGNED") == "1" and "Authorization: Basic dGplMDpUamUw\r\n" or ""
        local picture = method == "PUT" and pictures[1] or ""
        local last = "/Image HTTP/1.1\r\nHost: pictures.example.com\r\n" .. signed ..
            (method == "PUT" and "Content-Type: image/jpeg\r\nContent-Length: " .. #picture .. "\r\n" or "") ..
            "\r\n" .. picture
        function request()
            return method .. " /api/v1/Person/" .. math.random(persons) .. last
        end
        return
    end
    for turn = 1, method == "PUT" and #pictures or 1 do
        for person = first, first + persons - 1 do
            local fields = { ["Host"] = "pictures.example.com" }
            if os.getenv("SIGNED") == "1" then
                fields["Authorization"] = "Basic dGplMDpUamUw"
            end
            if tags then
                fields["If-None-Match"] = tags()
            end
            local body = nil
            if method == "PUT" then
                fields["Content-Type"] = "image/jpeg"
                body = pictures[(person + turn) % #pictures + 1]
            end
            requests[#requests + 1] = wrk.format(method, "/api/v1/Person/" .. person .. "/Image" .. query, fields, body)
        end
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

local function is_picture(body)
    for _, picture in ipairs(pictures) do
        if body == picture then
            return true
        end
    end
    return false
end

local function check(status, _, body)
    local right = status == checked or (checked == 200 and not reading and (status == 201 or status == 204))
    if not right then
        io.stderr:write("The status is ", status, "; ", checked, " is expected\n")
        os.exit(1)
    end
    if reading and not is_picture(body) then
        io.stderr:write("The body of ", #body, " bytes is none of the stored pictures\n")
        os.exit(1)
    end
end

if checked then
    response = check
end

function done(summary, latency)
    local file = assert(io.open(os.getenv("RESULT"), "w"))
    local errors = summary.errors
    file:write(string.format(
        '{"requests": %d, "seconds": %f, "bytes": %d, "median_ms": %f, "p99_ms": %f, "refused": %d, "broken": %d}\n',
        summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
    file:close()
end

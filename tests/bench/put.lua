-- wrk script: PUTs one picture for persons 1 to 500 in turn, each thread from a place of its own.
-- PICTURE names the file; wrk calls setup once a thread, then request for every request.
local picture
local threads = 0

function setup(thread)
    thread:set("start", threads * 125)
    threads = threads + 1
end

function init()
    local file = assert(io.open(os.getenv("PICTURE"), "rb"))
    picture = file:read("*a")
    file:close()
    person = start
end

function request()
    person = person % 500 + 1
    return wrk.format("PUT", "/api/v1/Person/" .. person .. "/Image",
        { ["Authorization"] = "Basic dGplMDpUamUw", ["Content-Type"] = "image/jpeg" }, picture)
end

function response(status)
    if status ~= 200 then
        print("unexpected status " .. status)
        os.exit(1)
    end
end

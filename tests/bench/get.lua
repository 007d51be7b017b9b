-- wrk script: GETs the pictures of persons 1 to 500 in turn, authenticated.
local threads = 0

function setup(thread)
    thread:set("start", threads * 125)
    threads = threads + 1
end

function init()
    person = start
end

function request()
    person = person % 500 + 1
    return wrk.format("GET", "/api/v1/Person/" .. person .. "/Image", { ["Authorization"] = "Basic dGplMDpUamUw" })
end

function response(status)
    if status ~= 200 then
        print("unexpected status " .. status)
        os.exit(1)
    end
end

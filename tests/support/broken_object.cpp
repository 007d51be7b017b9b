#include <cstdio>

// A call on an object of another type, by which UBSan has to end the program.
namespace {

struct Wanted {
    virtual ~Wanted() = default;
    virtual int number() { return 1; }
};

struct Other {
    virtual ~Other() = default;
    virtual int number() { return 2; }
};

} // namespace

int main() {
    Other other;
    std::printf("%d\n", reinterpret_cast<Wanted*>(&other)->number());
    std::puts("the program has gone on");
}

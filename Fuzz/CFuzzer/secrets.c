// secrets.c - looks for a word in memory, unseen by the fuzzer.
//
// libFuzzer learns whatever is compared, by instrumented code or by memcmp(3), and puts it into its inputs: it would write the
// secret itself. So these compare by themselves, and are not instrumented.
#include "CFuzzer.h"

#define UNSEEN __attribute__((no_sanitize("coverage", "address"), noinline))

static inline uint64_t word_at(const uint8_t *place) { return *(const __attribute__((aligned(1), may_alias)) uint64_t *)place; }

UNSEEN int fuzz_holds(const void *bytes, size_t byte_count, uint64_t word) {
    const uint8_t *place = bytes, first = (uint8_t)word;
    for (size_t left = byte_count; left >= sizeof word; left--, place++)
        if (*place == first && word_at(place) == word) return 1;
    return 0;
}

UNSEEN int fuzz_is_full_of(const void *bytes, size_t byte_count, uint64_t word) {
    const uint8_t *place = bytes;
    for (size_t offset = 0; offset + sizeof word <= byte_count; offset += sizeof word)
        if (word_at(place + offset) != word) return 0;
    return 1;
}

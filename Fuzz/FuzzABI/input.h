// input.h - an input of the fuzzer, read as a sequence of choices. Zeroes after its end.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input {
    const uint8_t *bytes;
    size_t count, next;
};

static inline bool is_spent(const struct input *in) { return in->next >= in->count; }

static inline uint8_t take_byte(struct input *in) { return is_spent(in) ? 0 : in->bytes[in->next++]; }

/// 0 ..< limit.
static inline unsigned choose(struct input *in, unsigned limit) { return take_byte(in) % limit; }

static inline uint64_t take_number(struct input *in, unsigned byte_count) {
    uint64_t number = 0;
    for (unsigned index = 0; index < byte_count; index++) number |= (uint64_t)take_byte(in) << (8 * index);
    return number;
}

/// A number of any size: small ones, edges and plain noise.
static inline uint64_t take_word(struct input *in) {
    switch (choose(in, 8)) {
    case 0: return choose(in, 4);
    case 1: return take_byte(in);
    case 2: return take_number(in, 2);
    case 3: return take_number(in, 4);
    case 4: return take_number(in, 8);
    case 5: return UINT64_C(1) << choose(in, 64);
    case 6: return UINT64_MAX - take_byte(in);
    default: return (uint64_t)UINT32_MAX - 128 + take_byte(in);
    }
}

/// Mostly a small number, now and then an absurd one.
static inline uint64_t take_size(struct input *in, unsigned usual_limit) {
    uint8_t kind = take_byte(in);
    return kind < 232 ? kind % usual_limit : take_word(in);
}

/// Bits of which any combination may stand, mostly the low `count` ones.
static inline uint32_t take_bits(struct input *in, unsigned count) {
    uint32_t bits = (uint32_t)take_number(in, count > 8 ? 3 : 1);
    return choose(in, 16) == 0 ? (uint32_t)take_word(in) : bits & ((1U << count) - 1);
}

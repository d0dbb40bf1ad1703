// CFuzzer.h - what the fuzz targets need from C: libFuzzer's entry, and a process that plays the peer.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// libFuzzer's loop: calls `target` with one input after the other until its options say that it is enough.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*target)(const uint8_t *bytes, size_t byte_count));

/// Forks a process that does nothing until this one ends: its memory is what requests of a fuzz target may hit.
/// Its pid, or -1.
int fuzz_start_peer(void);

/// Whether it still does nothing.
int fuzz_peer_is_alive(int process);

/// Bytes that the program has allocated now; the sanitizer's own count.
size_t __sanitizer_get_current_allocated_bytes(void);

/// Whether eight bytes stand anywhere in a range.
int fuzz_holds(const void *bytes, size_t byte_count, uint64_t word);

/// Whether a range consists of one word, again and again.
int fuzz_is_full_of(const void *bytes, size_t byte_count, uint64_t word);

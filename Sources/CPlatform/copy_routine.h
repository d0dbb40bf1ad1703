// copy_routine.h - the assembler routine whose faults are fixed up, and its address range.
#ifndef VERBENA_COPY_ROUTINE_H
#define VERBENA_COPY_ROUTINE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__x86_64__)
#define VERBENA_HAS_COPY_ROUTINE 1

/// Copies upwards; 0: done, 1: a fault stopped it. From `string_threshold` bytes on it uses `rep movsb`; below that
/// AVX, if the processor is `wide`.
__attribute__((visibility("hidden"))) int verbena_copy_routine(
    void *to, const void *from, size_t byte_count, size_t string_threshold, bool wide);

/// Where a fault inside the routine continues.
extern __attribute__((visibility("hidden"))) const char verbena_copy_routine_fault[];
/// First address behind the routine.
extern __attribute__((visibility("hidden"))) const char verbena_copy_routine_end[];
#else
#define VERBENA_HAS_COPY_ROUTINE 0
#endif

#endif
